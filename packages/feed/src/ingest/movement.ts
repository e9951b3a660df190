import type { Transaction } from 'kysely';
import type { Database, PaperRow } from '../database/schema.js';
import { addTrendEvent, forgetTrendEvent } from '../trending.js';

const starWeight = 0.2;
const mostWeight = 999;

/** When an import saw what it saw. */
export interface Sight {
  /** Day of the list on which the paper stands, and day on which that was saved, `YYYY-MM-DD`. */
  readonly listedOn: string;
  readonly savedOn: string;
  /** Milliseconds since 1970; nothing counts as later than now. */
  readonly now: number;
}

/**
 * Lets a paper trend by what an import adds to the votes and stars that it had by imports. What is imported again, and
 * what an older file says, adds nothing.
 */
export async function recordMovement(
  transaction: Transaction<Database>,
  before: PaperRow | undefined,
  after: PaperRow,
  { listedOn, savedOn, now }: Sight,
): Promise<void> {
  const noon = (day: string) => Math.min(now, Date.parse(`${day}T12:00:00Z`));
  const votes = importedVotes(after);
  const known = before ? importedVotes(before) : 0;
  if (votes > known) {
    // Most votes that a paper has when it is first seen came on the day on which it was listed.
    const at = noon(known === 0 ? listedOn : savedOn);
    const weight = Math.min(mostWeight, votes - known);
    await addTrendEvent(transaction, after.id, {
      id: `votes ${votes} ${after.id}`,
      kind: 'upvote',
      weight,
      at,
    });
  }
  const gained = after.stars !== null && before?.stars != null && after.stars > before.stars;
  if (gained) await addStars(transaction, after.id, before.stars!, after.stars!, savedOn, noon(savedOn));
}

const importedVotes = ({ upvotes, own_upvotes }: PaperRow): number => upvotes - own_upvotes;

/** All stars of a day are one event, of weight 0.2 · ln(1 + stars); its id tells from how many stars on. */
async function addStars(
  transaction: Transaction<Database>,
  paperId: string,
  before: number,
  after: number,
  day: string,
  at: number,
): Promise<void> {
  const today = await transaction
    .selectFrom('trend_event')
    .select(['id', 'weight'])
    .where('paper_id', '=', paperId)
    .where('kind', '=', 'stars')
    .where('id', 'like', `stars ${day} from %`)
    .executeTakeFirst();
  const from = today ? Number(/ from (\d+)/.exec(today.id)?.[1]) : before;
  const weight = starWeight * Math.log1p(after - from);
  if (today && today.weight >= weight) return;
  if (today) await forgetTrendEvent(transaction, today.id);
  await addTrendEvent(transaction, paperId, {
    id: `stars ${day} from ${from} ${paperId}`,
    kind: 'stars',
    weight,
    at,
  });
}
