import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { openDatabase } from './open.js';
import type { Database } from './schema.js';

/**
 * Copies a SQLite database as it is at one moment into a file, while others go on reading and writing it.
 * @returns size of the file in bytes
 * @throws Error when the file is there already, or cannot be written
 */
export async function backUp(db: Kysely<Database>, file: string): Promise<number> {
  if (existsSync(file)) throw new Error(`backup: ${file}: is there already; choose another name`);
  const partial = `${file}.partial`;
  await mkdir(dirname(file), { recursive: true });
  await rm(partial, { force: true });
  try {
    await sql`vacuum into ${partial}`.execute(db);
    await sync(partial);
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  return (await stat(file)).size;
}

/**
 * Puts a backup in the place of a database that nobody has open.
 * @returns name that the database which was there has now; undefined where there was none
 * @throws Error when the backup is no database of this version or an earlier one; nothing has changed then
 */
export async function restore(backup: string, database: string): Promise<string | undefined> {
  await stat(backup);
  await mkdir(dirname(database), { recursive: true });
  const partial = `${database}.partial`;
  await removeDatabase(partial);
  await copyFile(backup, partial);
  try {
    // Opening tells whether it is one, and brings it to this version.
    const db = await openDatabase(partial);
    await sql`pragma wal_checkpoint(truncate)`.execute(db);
    await db.destroy();
    await sync(partial);
    const kept = existsSync(database)
      ? `${database}.${new Date().toISOString().replace(/\D/g, '')}`
      : undefined;
    if (kept)
      for (const ending of ['', '-wal', '-shm']) await moveWhereThere(database + ending, kept + ending);
    await rename(partial, database);
    return kept;
  } finally {
    await removeDatabase(partial);
  }
}

async function moveWhereThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await rename(from, to);
}

async function removeDatabase(file: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm']) await rm(file + ending, { force: true });
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
