import { type Kysely, PostgresAdapter, type QueryExecutorProvider, sql, type Transaction } from 'kysely';
import type { Database } from './schema.js';

/** What stores the feed: a file of this computer, or a server that many may share. */
export type Engine = 'sqlite' | 'postgresql';

/** The engine behind a database or a transaction. */
export function engineOf(db: QueryExecutorProvider): Engine {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgresql' : 'sqlite';
}

/** A text that is another one after every change of the data, by whichever process. */
export async function dataVersion(db: Kysely<Database>): Promise<string> {
  const { rows } = await (engineOf(db) === 'postgresql'
    ? // Which transactions have ended: of those that only read nothing is in it.
      sql<{ version: string }>`select pg_current_snapshot()::text as version`
    : sql<{
        version: string;
      }>`select total_changes() || ' ' || data_version as version from pragma_data_version`
  ).execute(db);
  return rows[0]!.version;
}

/** Number of the lock that writers of PostgreSQL hold one after the other: "evenkeel" in no other meaning. */
const writerLock = 0x65766b6c;

/**
 * Does work that reads what it then changes: one such transaction at a time, over all processes. SQLite's transactions
 * are so by themselves.
 */
export function write<Result>(
  db: Kysely<Database>,
  work: (transaction: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    if (engineOf(transaction) === 'postgresql') {
      await sql`select pg_advisory_xact_lock(${sql.lit(writerLock)})`.execute(transaction);
    }
    return work(transaction);
  });
}
