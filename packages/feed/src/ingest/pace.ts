import type { Kysely } from 'kysely';
import { write } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import { TemporaryError } from './temporaryError.js';

/** The time and how to let it pass; tests have one of their own. */
export interface Clock {
  now(): number;
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Milliseconds between two requests to arXiv, as its terms ask: one at a time, for all machines of an operator. */
const pause = 3000;
/** How long a request may take before another process no longer waits for its end. */
const lease = 120_000;

/** How a turn is waited for. */
export interface TurnOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Told before a long wait: how long, and why. */
  readonly onWait?: ((milliseconds: number, reason: string) => void) | undefined;
}

/**
 * Does a request to a source when it is this process's turn: one at a time and three seconds after the one before, over
 * all processes that share the database. What the server asks one of them to wait, all wait.
 */
export async function inTurn<Result>(
  db: Kysely<Database>,
  source: string,
  { clock, signal, onWait }: TurnOptions,
  request: () => Promise<Result>,
): Promise<Result> {
  for (let told = false; ; ) {
    signal?.throwIfAborted();
    const left = await take(db, source, clock.now());
    if (left <= 0) break;
    if (left > lease && !told) onWait?.(left, 'asked for a pause');
    told ||= left > lease;
    // The other process may be done long before its lease ends.
    await clock.wait(Math.min(left, pause), signal);
  }
  let next = pause;
  try {
    return await request();
  } catch (error) {
    if (error instanceof TemporaryError) next = Math.max(pause, error.after ?? 0);
    throw error;
  } finally {
    await free(db, source, clock.now() + next);
  }
}

/** Takes the turn, or tells how many milliseconds are left until it can be. */
function take(db: Kysely<Database>, source: string, now: number): Promise<number> {
  return write(db, async (transaction) => {
    const row = await transaction
      .selectFrom('source_pace')
      .select('free_at')
      .where('source', '=', source)
      .executeTakeFirst();
    const left = (row?.free_at ?? 0) - now;
    if (left > 0) return left;
    await setFree(transaction, source, now + lease);
    return 0;
  });
}

const free = (db: Kysely<Database>, source: string, at: number): Promise<void> =>
  write(db, (transaction) => setFree(transaction, source, at));

async function setFree(db: Kysely<Database>, source: string, free_at: number): Promise<void> {
  await db
    .insertInto('source_pace')
    .values({ source, free_at })
    .onConflict((conflict) => conflict.column('source').doUpdateSet({ free_at }))
    .execute();
}
