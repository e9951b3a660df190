import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { addTrendEvent, forgetTrendEvent } from '../trending.js';
import { actorOf, toProfile } from './accounts.js';
import { cleanText, minute, newId, paperIdOf, refuse, timeOf } from './common.js';
import { settlePaper } from './settle.js';
import type { Comment, People } from './types.js';

const longest = 10_000;
/** Comments that one account may write within ten minutes. */
const mostComments = 5;
const mostReports = 20;
const commentWeight = 0.5;

type Comments = Pick<People, 'commentsOn' | 'comments' | 'addComment' | 'deleteComment' | 'reportComment'>;

/** Comments, which are off until an admin switches them on. */
export function commentsOf(db: Kysely<Database>, clock: () => number): Comments {
  return {
    commentsOn: () => commentsOn(db),
    async comments(paperId, { withHidden = false } = {}) {
      const found = await selectComments(db, { paperId });
      return withHidden ? found : found.filter(({ hidden }) => !hidden).map(withoutReports);
    },
    addComment: (accountId, paperId, text) => addComment(db, accountId, paperId, text, clock()),
    deleteComment: (accountId, commentId) => deleteComment(db, accountId, commentId),
    reportComment: (accountId, commentId, reason) => reportComment(db, accountId, commentId, reason, clock()),
  };
}

const withoutReports = (comment: Comment): Comment => ({ ...comment, reports: [] });

export async function commentsOn(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('site_switch')
    .select('value')
    .where('name', '=', 'comments')
    .executeTakeFirst();
  return row?.value === 'on';
}

/** Comments of a paper or of an account, or those that were reported; oldest first. */
export async function selectComments(
  db: Kysely<Database>,
  which: { paperId: string } | { accountId: string } | 'reported',
): Promise<Comment[]> {
  const reported = db.selectFrom('comment_report').select('comment_id');
  const rows = await db
    .selectFrom('comment')
    .innerJoin('account', 'account.id', 'comment.account_id')
    .select(['comment.id', 'paper_id', 'text', 'comment.created_at as written_at', 'hidden_at'])
    .select(['account.id as account_id', 'name', 'full_name', 'about', 'orcid'])
    .$if(which === 'reported', (query) => query.where('comment.id', 'in', reported))
    .$if(which !== 'reported', (query) =>
      'paperId' in (which as object)
        ? query.where('paper_id', '=', (which as { paperId: string }).paperId)
        : query.where('comment.account_id', '=', (which as { accountId: string }).accountId),
    )
    .orderBy('comment.created_at')
    .orderBy('comment.id')
    .limit(1000)
    .execute();
  const reports =
    rows.length === 0
      ? []
      : await reportsOf(
          db,
          rows.map(({ id }) => id),
        );
  return rows.map((row) => ({
    id: row.id,
    paperId: row.paper_id,
    by: toProfile({ ...row, id: row.account_id }),
    text: row.text,
    createdAt: timeOf(row.written_at),
    hidden: row.hidden_at !== null,
    reports: reports.filter(({ comment_id }) => comment_id === row.id).map(({ reason }) => reason),
  }));
}

function reportsOf(db: Kysely<Database>, ids: readonly string[]) {
  return db
    .selectFrom('comment_report')
    .select(['comment_id', 'reason'])
    .where('comment_id', 'in', ids)
    .orderBy('created_at')
    .execute();
}

async function addComment(
  db: Kysely<Database>,
  accountId: string,
  anyId: string,
  text: string,
  now: number,
): Promise<string> {
  const clean = cleanText(text, { name: 'Comment', most: longest, lines: true });
  if (clean === '') refuse('bad input', 'Comment: expected some words.');
  return write(db, async (transaction) => {
    if (!(await commentsOn(transaction))) refuse('not allowed', 'Comments are off on this site.');
    await actorOf(transaction, accountId);
    const paperId = await paperIdOf(transaction, anyId);
    const { count } = await transaction
      .selectFrom('comment')
      .select((all) => all.fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('created_at', '>', now - 10 * minute)
      .executeTakeFirstOrThrow();
    if (count >= mostComments) refuse('too many', 'Too many comments in a short time; go on in ten minutes.');
    const id = newId();
    await transaction
      .insertInto('comment')
      .values({
        id,
        paper_id: paperId,
        account_id: accountId,
        text: clean,
        created_at: now,
        hidden_at: null,
        event_id: null,
      })
      .execute();
    await settleComments(transaction, accountId, paperId);
    return id;
  });
}

function deleteComment(db: Kysely<Database>, accountId: string, commentId: string): Promise<void> {
  return write(db, async (transaction) => {
    const gone = await transaction
      .deleteFrom('comment')
      .where('id', '=', commentId)
      .where('account_id', '=', accountId)
      .returning(['paper_id', 'event_id'])
      .executeTakeFirst();
    if (!gone) refuse('not found', 'No comment of yours is there.');
    if (gone.event_id !== null) await forgetTrendEvent(transaction, gone.event_id);
    await settleComments(transaction, accountId, gone.paper_id);
  });
}

async function reportComment(
  db: Kysely<Database>,
  accountId: string,
  commentId: string,
  text: string,
  now: number,
): Promise<void> {
  const reason = cleanText(text, { name: 'Reason', most: 500, lines: true });
  return write(db, async (transaction) => {
    await actorOf(transaction, accountId);
    const comment = await transaction
      .selectFrom('comment')
      .select('id')
      .where('id', '=', commentId)
      .where('hidden_at', 'is', null)
      .executeTakeFirst();
    if (!comment) refuse('not found', 'No such comment is there.');
    const { count } = await transaction
      .selectFrom('comment_report')
      .select((all) => all.fn.countAll<number>().as('count'))
      .where('account_id', '=', accountId)
      .where('created_at', '>', now - 60 * minute)
      .executeTakeFirstOrThrow();
    if (count >= mostReports) refuse('too many', 'Too many reports in a short time; go on in an hour.');
    await transaction
      .insertInto('comment_report')
      .values({ comment_id: commentId, account_id: accountId, reason, created_at: now })
      .onConflict((conflict) => conflict.columns(['comment_id', 'account_id']).doNothing())
      .execute();
  });
}

/** Only the first visible comment of each reader on a paper counts in its trend. */
export async function settleComments(
  transaction: Transaction<Database>,
  accountId: string,
  paperId: string,
): Promise<void> {
  const rows = await transaction
    .selectFrom('comment')
    .select(['id', 'created_at', 'hidden_at', 'event_id'])
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const first = rows.find(({ hidden_at }) => hidden_at === null);
  for (const { id, event_id } of rows) {
    if (event_id === null || id === first?.id) continue;
    await forgetTrendEvent(transaction, event_id);
    await transaction.updateTable('comment').set({ event_id: null }).where('id', '=', id).execute();
  }
  if (first && first.event_id === null) {
    const event_id = randomUUID();
    const event = { id: event_id, kind: 'comment', weight: commentWeight, at: first.created_at } as const;
    await addTrendEvent(transaction, paperId, event);
    await transaction.updateTable('comment').set({ event_id }).where('id', '=', first.id).execute();
  }
  await settlePaper(transaction, paperId);
}
