import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { addTrendEvent, forgetTrendEvent } from '../trending.js';
import { actorOf } from './accounts.js';
import { isAuthor } from './authorship.js';
import { day, minute, paperIdOf, refuse } from './common.js';
import { settlePaper } from './settle.js';

/** An account this young counts less in the trend. */
const youth = 7 * day;
const youngWeight = 0.25;
/** Votes that one account may give within ten minutes. */
const mostVotes = 60;

/** Gives or takes back a vote: one for each account and paper, and nothing for one's own paper. */
export function vote(
  db: Kysely<Database>,
  accountId: string,
  anyId: string,
  up: boolean,
  now: number,
): Promise<void> {
  return write(db, async (transaction) => {
    const account = await actorOf(transaction, accountId);
    const paperId = await paperIdOf(transaction, anyId);
    if (!up) return takeBack(transaction, accountId, paperId);
    await refuseHaste(transaction, accountId, now);
    const own = await isAuthor(transaction, accountId, paperId);
    const weight = own ? 0 : now - account.created_at < youth ? youngWeight : 1;
    const event_id = randomUUID();
    const given = await transaction
      .insertInto('vote')
      .values({ account_id: accountId, paper_id: paperId, at: now, weight, event_id })
      .onConflict((conflict) => conflict.columns(['account_id', 'paper_id']).doNothing())
      .executeTakeFirst();
    if (Number(given.numInsertedOrUpdatedRows ?? 0) === 0) return;
    if (weight > 0)
      await addTrendEvent(transaction, paperId, { id: event_id, kind: 'upvote', weight, at: now });
    await settlePaper(transaction, paperId);
  });
}

async function refuseHaste(
  transaction: Transaction<Database>,
  accountId: string,
  now: number,
): Promise<void> {
  const { count } = await transaction
    .selectFrom('vote')
    .select((all) => all.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('at', '>', now - 10 * minute)
    .executeTakeFirstOrThrow();
  if (count >= mostVotes) refuse('too many', 'Too many votes in a short time; go on in ten minutes.');
}

async function takeBack(
  transaction: Transaction<Database>,
  accountId: string,
  paperId: string,
): Promise<void> {
  const gone = await transaction
    .deleteFrom('vote')
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .returning('event_id')
    .executeTakeFirst();
  if (!gone) return;
  await forgetTrendEvent(transaction, gone.event_id);
  await settlePaper(transaction, paperId);
}

/** A vote for a paper whose author one turns out to be comes to count nothing. */
export async function devalueOwnVote(
  transaction: Transaction<Database>,
  accountId: string,
  paperId: string,
): Promise<void> {
  const own = await transaction
    .updateTable('vote')
    .set({ weight: 0 })
    .where('account_id', '=', accountId)
    .where('paper_id', '=', paperId)
    .returning('event_id')
    .executeTakeFirst();
  if (!own) return;
  await forgetTrendEvent(transaction, own.event_id);
  await settlePaper(transaction, paperId);
}
