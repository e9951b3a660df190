import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { createFullTextTables } from '../search/tables.js';
import type { Database } from './schema.js';

/** Every change of the schema in order. One that was released stays as it is; changes go into a new one. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-papers': {
    async up(db: Kysely<unknown>) {
      await createPaperTables(db);
      await createListTables(db);
      await createFullTextTables(db);
    },
  },
};

/**
 * Brings a database to this version's schema, in one transaction; a second process that opens the same
 * database waits and finds it done.
 * @throws Error for a database that a newer version wrote, or whose migration failed.
 */
export async function migrate(db: Kysely<Database>): Promise<void> {
  await refuseNewerDatabase(db);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function refuseNewerDatabase(db: Kysely<Database>): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return;
  const applied = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = applied.rows.find((row) => !Object.hasOwn(migrations, row.name));
  if (unknown) {
    throw new Error(
      `the database was written by a newer version (got migration ${unknown.name}, expected ${Object.keys(migrations).at(-1)} or earlier); update Evenkeel to open it`,
    );
  }
}

async function createPaperTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('paper')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('slug', 'text', (column) => column.unique())
    .addColumn('published_on', 'text')
    .addColumn('author_count', 'integer')
    .addColumn('repository', 'text')
    .addColumn('family', 'text')
    .addColumn('summary', 'text')
    .addColumn('abstract', 'text')
    .addColumn('upvotes', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('comment_count', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.createIndex('paper_family').on('paper').column('family').execute();
  await db.schema
    .createTable('paper_alias')
    .addColumn('alias', 'text', (column) => column.primaryKey())
    .addColumn('paper_id', 'text', (column) =>
      column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('paper_alias_paper').on('paper_alias').column('paper_id').execute();
  await db.schema
    .createTable('paper_author')
    .addColumn('paper_id', 'text', (column) =>
      column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade'),
    )
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_author_key', ['paper_id', 'position'])
    .execute();
}

async function createListTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('daily_entry')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('paper_id', 'text', (column) =>
      column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade'),
    )
    .addColumn('position', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('daily_entry_key', ['day', 'paper_id'])
    .execute();
  await db.schema.createIndex('daily_entry_paper').on('daily_entry').columns(['paper_id', 'day']).execute();
  await db.schema
    .createTable('import_log')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('imported_at', 'text', (column) => column.notNull())
    .addColumn('blocks', 'integer', (column) => column.notNull())
    .addColumn('added', 'integer', (column) => column.notNull())
    .addColumn('updated', 'integer', (column) => column.notNull())
    .addColumn('unchanged', 'integer', (column) => column.notNull())
    .addColumn('problems', 'text', (column) => column.notNull())
    .execute();
}
