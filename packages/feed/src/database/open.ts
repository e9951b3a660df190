import { Kysely } from 'kysely';
import { migrate } from './migrations.js';
import { postgresDialect } from './postgresql.js';
import type { Database } from './schema.js';
import { sqliteDialect } from './sqlite.js';

/**
 * Opens a database and brings it to this version's schema.
 * @param location path of a SQLite file, made when missing, or the address of a PostgreSQL database
 * @throws Error when it cannot be opened, is no database, or is from a newer version.
 */
export async function openDatabase(location: string): Promise<Kysely<Database>> {
  const dialect = isAddress(location) ? postgresDialect(location) : sqliteDialect(location);
  const db = new Kysely<Database>({ dialect });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Whether a text is the address of a PostgreSQL database. */
export const isAddress = (location: string): boolean => /^postgres(?:ql)?:\/\//.test(location);
