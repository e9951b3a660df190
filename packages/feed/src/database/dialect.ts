import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';

/** Kysely's SQLite for a database that several processes write. */
export class WriterDialect extends SqliteDialect {
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
