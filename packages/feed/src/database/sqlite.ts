import { setTimeout as wait } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import Connection from 'libsql';
import { LRUCache } from 'lru-cache';

/** How long a process waits for another one that is writing, in milliseconds. */
const busyTimeout = 5000;
const keptStatements = 500;

/** SQLite in a file, created when missing, for several processes that read and write it. */
export const sqliteDialect = (file: string): SqliteDialect => new WriterDialect(() => connect(file));

/** Kysely's SQLite for a database that several processes write. */
class WriterDialect extends SqliteDialect {
  readonly #open: () => Promise<SqliteDatabase>;

  constructor(open: () => Promise<SqliteDatabase>) {
    super({ database: open });
    this.#open = open;
  }

  override createDriver(): Driver {
    return new WriterDriver({ database: this.#open });
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

/**
 * A transaction that reads first and writes later fails when another process has written in between, and no
 * waiting helps; one that takes the write lock at its start only waits for its turn.
 */
class WriterDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** SQLite can change a schema inside a transaction; Kysely's own adapter denies it and migrates without one. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

async function connect(file: string): Promise<SqliteDatabase> {
  const connection = new Connection(file);
  try {
    connection.pragma(`busy_timeout = ${busyTimeout}`);
    await enterWriteAheadLog(connection);
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    return withPreparedStatements(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Keeps the statements that were last used, since preparing one takes longer than most of them run. */
function withPreparedStatements(connection: Connection.Database): SqliteDatabase {
  const statements = new LRUCache<string, SqliteStatement>({ max: keptStatements });
  return {
    prepare(text) {
      const statement = statements.get(text) ?? (connection.prepare(text) as unknown as SqliteStatement);
      statements.set(text, statement);
      return statement;
    },
    close: () => connection.close(),
  };
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
