import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';

/** Tables of which each account has at most one row for each paper. */
const onePerAccount = ['vote', 'reading_entry', 'author_claim'] as const;

/**
 * Moves what readers did with one paper to another, which turned out to be the same. Where somebody did it with both, what
 * they did with the other stands; of notes nothing is lost.
 * @returns how many votes and comments of readers here the other has then
 */
export async function moveMarks(
  db: Kysely<Database>,
  from: string,
  into: string,
): Promise<{ own_upvotes: number; own_comments: number }> {
  const voters = db.selectFrom('vote').select('account_id').where('paper_id', '=', into);
  const doubled = await db
    .deleteFrom('vote')
    .where('paper_id', '=', from)
    .where('account_id', 'in', voters)
    .returning('event_id')
    .execute();
  if (doubled.length > 0) {
    const events = doubled.map(({ event_id }) => event_id);
    await db.deleteFrom('trend_event').where('id', 'in', events).execute();
  }
  await joinNotes(db, from, into);
  for (const table of onePerAccount) {
    const there = db.selectFrom(table).select('account_id').where('paper_id', '=', into);
    await db
      .updateTable(table)
      .set({ paper_id: into })
      .where('paper_id', '=', from)
      .where('account_id', 'not in', there)
      .execute();
  }
  await db.updateTable('comment').set({ paper_id: into }).where('paper_id', '=', from).execute();
  await forgetSecondComments(db, into);
  const submitted = db.selectFrom('submission').select('paper_id').where('paper_id', '=', into);
  await db
    .updateTable('submission')
    .set({ paper_id: into })
    .where('paper_id', '=', from)
    .where(({ not, exists }) => not(exists(submitted)))
    .execute();
  const votes = await db
    .selectFrom('vote')
    .select((count) => count.fn.countAll<number>().as('own_upvotes'))
    .where('paper_id', '=', into)
    .where('weight', '>', 0)
    .executeTakeFirstOrThrow();
  const comments = await db
    .selectFrom('comment')
    .select((count) => count.fn.countAll<number>().as('own_comments'))
    .where('paper_id', '=', into)
    .where('hidden_at', 'is', null)
    .executeTakeFirstOrThrow();
  return { ...votes, ...comments };
}

/** Adds the note on one paper to that on the other for whoever has both on the reading list. */
async function joinNotes(db: Kysely<Database>, from: string, into: string): Promise<void> {
  const both = await db
    .selectFrom('reading_entry as old')
    .innerJoin('reading_entry as kept', 'kept.account_id', 'old.account_id')
    .select(['old.account_id', 'old.note as added', 'kept.note'])
    .where('old.paper_id', '=', from)
    .where('kept.paper_id', '=', into)
    .where('old.note', '!=', '')
    .whereRef('old.note', '!=', 'kept.note')
    .execute();
  for (const { account_id, added, note } of both) {
    await db
      .updateTable('reading_entry')
      .set({ note: note === '' ? added : `${note}\n\n${added}` })
      .where('account_id', '=', account_id)
      .where('paper_id', '=', into)
      .execute();
  }
}

/** Only the first comment of each reader on a paper counts in its trend, and now there may be two. */
async function forgetSecondComments(db: Kysely<Database>, paperId: string): Promise<void> {
  const counted = await db
    .selectFrom('comment')
    .select(['id', 'account_id', 'event_id'])
    .where('paper_id', '=', paperId)
    .where('event_id', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const first = new Map(counted.map((comment) => [comment.account_id, comment] as const).reverse());
  for (const { id, account_id, event_id } of counted) {
    if (first.get(account_id)?.id === id) continue;
    await db.updateTable('comment').set({ event_id: null }).where('id', '=', id).execute();
    await db.deleteFrom('trend_event').where('id', '=', event_id!).execute();
  }
}
