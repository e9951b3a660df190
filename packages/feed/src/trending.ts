import type { Kysely, Transaction } from 'kysely';
import { write } from './database/engine.js';
import type { Database, TrendKind } from './database/schema.js';
import type { Trend } from './types.js';

/** Time in which what happened to a paper comes to count 1/e of what it did, in milliseconds: half after 33 hours. */
export const trendDecay = 48 * 3600 * 1000;

/**
 * Adds an event to a paper's trend. The score S is a sum of weights that decay, S ← S · exp(-(t - t₀) / τ) + w; what is
 * stored is ln S + t₀ / τ, which stays as it is between events and orders as S does at any moment.
 * @throws RangeError for a weight out of range, and a paper that is not here
 */
export async function recordTrend(
  db: Kysely<Database>,
  paperId: string,
  { id, kind, weight, at = Date.now() }: { id: string; kind: TrendKind; weight: number; at?: number },
): Promise<void> {
  if (!(weight > 0 && weight < 1000)) {
    throw new RangeError(`recordTrend: weight: got ${weight}, expected a number above 0, below 1000`);
  }
  return write(db, async (transaction) => {
    const paper = await transaction
      .selectFrom('paper')
      .select('id')
      .where('id', '=', paperId)
      .executeTakeFirst();
    if (!paper)
      throw new RangeError(`recordTrend: got ${JSON.stringify(paperId)}, expected the id of a paper`);
    await addTrendEvent(transaction, paperId, { id, kind, weight, at });
  });
}

/** Adds an event within a transaction of `write`. */
export async function addTrendEvent(
  transaction: Transaction<Database>,
  paperId: string,
  { id, kind, weight, at }: { id: string; kind: TrendKind; weight: number; at: number },
): Promise<void> {
  const added = await transaction
    .insertInto('trend_event')
    .values({ id, paper_id: paperId, kind, at, weight })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (Number(added.numInsertedOrUpdatedRows ?? 0) === 0) return;
  await storeTrend(transaction, paperId);
}

/** Takes an event back, as when a vote is; within a transaction of `write`. */
export async function forgetTrendEvent(transaction: Transaction<Database>, id: string): Promise<void> {
  const gone = await transaction
    .deleteFrom('trend_event')
    .where('id', '=', id)
    .returning('paper_id')
    .executeTakeFirst();
  if (gone) await storeTrend(transaction, gone.paper_id);
}

async function storeTrend(db: Kysely<Database>, paperId: string): Promise<void> {
  await db
    .updateTable('paper')
    .set({ trend: await trendKeyOf(db, paperId) })
    .where('id', '=', paperId)
    .execute();
}

/** The stored key, of all events: ln Σ w · exp(t / τ), with the largest exponent taken out of the sum; null for none. */
export async function trendKeyOf(db: Kysely<Database>, paperId: string): Promise<number | null> {
  const events = await db
    .selectFrom('trend_event')
    .select(['at', 'weight'])
    .where('paper_id', '=', paperId)
    .execute();
  if (events.length === 0) return null;
  const exponents = events.map(({ at }) => at / trendDecay);
  const largest = exponents.reduce((most, each) => Math.max(most, each));
  const sum = events.reduce((total, { weight }, i) => total + weight * Math.exp(exponents[i]! - largest), 0);
  return Math.log(sum) + largest;
}

/** The score of a paper now, and what it is made of. */
export async function trendOf(db: Kysely<Database>, paperId: string, now = Date.now()): Promise<Trend> {
  const events = await db
    .selectFrom('trend_event')
    .select(['kind', 'at', 'weight'])
    .where('paper_id', '=', paperId)
    .execute();
  const terms = new Map<TrendKind, { kind: TrendKind; events: number; score: number }>();
  for (const { kind, at, weight } of events) {
    const { events: count, score } = terms.get(kind) ?? { events: 0, score: 0 };
    const left = weight * Math.exp(-(now - at) / trendDecay);
    terms.set(kind, { kind, events: count + 1, score: score + left });
  }
  const sorted = [...terms.values()].sort((a, b) => b.score - a.score);
  return { score: sorted.reduce((total, { score }) => total + score, 0), terms: sorted };
}
