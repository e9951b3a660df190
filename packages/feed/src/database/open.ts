import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, type SqliteDatabase } from 'kysely';
import Connection from 'libsql';
import { WriterDialect } from './dialect.js';
import { migrate } from './migrations.js';
import type { Database } from './schema.js';

/** How long a process waits for another one that is writing, in milliseconds. */
const busyTimeout = 5000;

/**
 * Opens (or creates) a SQLite database and brings it to this version's schema.
 * @throws Error when the file cannot be opened, is no database, or is from a newer version.
 */
export async function openDatabase(file: string): Promise<Kysely<Database>> {
  const db = new Kysely<Database>({ dialect: new WriterDialect(() => connect(file)) });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function connect(file: string): Promise<SqliteDatabase> {
  const connection = new Connection(file);
  try {
    connection.pragma(`busy_timeout = ${busyTimeout}`);
    await enterWriteAheadLog(connection);
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    return connection as unknown as SqliteDatabase;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The change to WAL is refused at once, whatever the busy timeout, while another process makes it. */
async function enterWriteAheadLog(connection: Connection.Database): Promise<void> {
  const deadline = Date.now() + busyTimeout;
  for (;;) {
    try {
      connection.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      const busy = error instanceof Error && /locked|busy/i.test(error.message);
      if (!busy || Date.now() > deadline) throw error;
      await wait(20);
    }
  }
}
