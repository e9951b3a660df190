import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { type Admins, adminOf, blockAccount, rowByName } from './accounts.js';
import { holding } from './authorship.js';
import { authorOf, selectClaims } from './claims.js';
import { selectComments, settleComments } from './comments.js';
import { newId, paperIdOf, refuse, timeOf } from './common.js';
import type { People } from './types.js';
import { devalueOwnVote } from './votes.js';

const shownLog = 100;

type Moderation = Pick<
  People,
  'moderation' | 'setCommentsOn' | 'judgeComment' | 'judgeClaim' | 'assignAuthor' | 'setBlocked'
>;

/** What admins decide. Each decision leaves a line. */
export function moderationOf(db: Kysely<Database>, admins: Admins, clock: () => number): Moderation {
  /** Does an admin's work and takes note of it. */
  const decide = (
    adminId: string,
    work: (transaction: Transaction<Database>, now: number) => Promise<{ action: string; subject: string }>,
  ): Promise<void> =>
    write(db, async (transaction) => {
      await adminOf(transaction, adminId, admins);
      const now = clock();
      const done = await work(transaction, now);
      await transaction
        .insertInto('moderation')
        .values({ id: newId(), at: now, account_id: adminId, ...done })
        .execute();
    });
  return {
    async moderation(adminId) {
      await adminOf(db, adminId, admins);
      return {
        reported: await selectComments(db, 'reported'),
        claims: await selectClaims(db, 'waiting'),
        log: await readLog(db),
      };
    },
    setCommentsOn: (adminId, on) =>
      decide(adminId, async (transaction) => {
        const value = on ? 'on' : 'off';
        await transaction
          .insertInto('site_switch')
          .values({ name: 'comments', value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
        return { action: `comments ${value}`, subject: '' };
      }),
    judgeComment: (adminId, commentId, hide) =>
      decide(adminId, (transaction, now) => judgeComment(transaction, commentId, hide, now)),
    judgeClaim: (adminId, claimId, holds) =>
      decide(adminId, (transaction, now) => judgeClaim(transaction, claimId, holds, now)),
    assignAuthor: (adminId, claim) =>
      decide(adminId, (transaction, now) => assignAuthor(transaction, claim, now)),
    setBlocked: (adminId, name, blocked) =>
      decide(adminId, async (transaction, now) => {
        const account = (await rowByName(transaction, name)) ?? refuse('not found', 'Nobody has that name.');
        if (admins.has(account.email))
          refuse('not allowed', 'Admins cannot be blocked; the settings name them.');
        if (blocked) await blockAccount(transaction, account.id, now);
        else {
          await transaction
            .updateTable('account')
            .set({ blocked_at: null })
            .where('id', '=', account.id)
            .execute();
        }
        return { action: blocked ? 'blocked' : 'unblocked', subject: name };
      }),
  };
}

async function readLog(db: Kysely<Database>) {
  const rows = await db
    .selectFrom('moderation')
    .select(['at', 'action', 'subject'])
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(shownLog)
    .execute();
  return rows.map(({ at, action, subject }) => ({ at: timeOf(at), action, subject }));
}

async function judgeComment(
  transaction: Transaction<Database>,
  commentId: string,
  hide: boolean,
  now: number,
) {
  const comment = await transaction
    .updateTable('comment')
    .set({ hidden_at: hide ? now : null })
    .where('id', '=', commentId)
    .returning(['account_id', 'paper_id'])
    .executeTakeFirst();
  if (!comment) refuse('not found', 'No such comment is there.');
  await transaction.deleteFrom('comment_report').where('comment_id', '=', commentId).execute();
  await settleComments(transaction, comment.account_id, comment.paper_id);
  return { action: hide ? 'hid a comment on' : 'let a comment stand on', subject: comment.paper_id };
}

async function judgeClaim(transaction: Transaction<Database>, claimId: string, holds: boolean, now: number) {
  const claim = await transaction
    .selectFrom('author_claim')
    .selectAll()
    .where('id', '=', claimId)
    .executeTakeFirst();
  if (!claim) refuse('not found', 'No such claim is there.');
  if (holds) await refuseTaken(transaction, claim);
  await transaction
    .updateTable('author_claim')
    .set({ state: holds ? 'claimed_verified' : 'refused', changed_at: now })
    .where('id', '=', claimId)
    .execute();
  if (holds) await devalueOwnVote(transaction, claim.account_id, claim.paper_id);
  return {
    action: holds ? 'confirmed a claim on' : 'refused a claim on',
    subject: `${claim.paper_id}, ${claim.author}`,
  };
}

async function assignAuthor(
  transaction: Transaction<Database>,
  { paperId: anyId, author: name, name: handle }: { paperId: string; author: string; name: string },
  now: number,
) {
  const account = (await rowByName(transaction, handle)) ?? refuse('not found', 'Nobody has that name.');
  const paperId = await paperIdOf(transaction, anyId);
  const author = await authorOf(transaction, paperId, name);
  await refuseTaken(transaction, { paper_id: paperId, account_id: account.id, ...author });
  const fresh = { ...author, state: 'admin_assigned' as const, evidence: '', changed_at: now };
  await transaction
    .insertInto('author_claim')
    .values({ id: newId(), paper_id: paperId, account_id: account.id, hidden: 0, ...fresh })
    .onConflict((conflict) => conflict.columns(['paper_id', 'account_id']).doUpdateSet(fresh))
    .execute();
  await devalueOwnVote(transaction, account.id, paperId);
  return { action: 'assigned an author of', subject: `${paperId}, ${author.author}` };
}

async function refuseTaken(
  transaction: Transaction<Database>,
  { paper_id, account_id, author_key }: { paper_id: string; account_id: string; author_key: string },
): Promise<void> {
  const other = await transaction
    .selectFrom('author_claim')
    .select('id')
    .where('paper_id', '=', paper_id)
    .where('author_key', '=', author_key)
    .where('account_id', '<>', account_id)
    .where('state', 'in', holding)
    .executeTakeFirst();
  if (other) refuse('not allowed', 'Somebody else is known as this author.');
}
