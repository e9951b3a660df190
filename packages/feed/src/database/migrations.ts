import { type ColumnDefinitionBuilder, type Kysely, type Migration, Migrator, sql } from 'kysely';
import { addTrendingChoice, createDigestTables } from '../digest/tables.js';
import { createEmailChangeTable, createPeopleTables } from '../people/tables.js';
import { fullTextOf } from '../search/fullText.js';
import { createVectorTables } from '../search/vectors/createTables.js';
import { engineOf } from './engine.js';
import type { Database } from './schema.js';

/** Every change of the schema in order. One that was released stays as it is; changes go into a new one. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-papers': {
    async up(db: Kysely<unknown>) {
      await createPaperTables(db);
      await createFactTables(db);
      await createListTables(db);
      await createIngestTables(db);
      await fullTextOf(db).createTables(db);
      await createVectorTables(db);
    },
  },
  '0002-people': { up: createPeopleTables },
  '0003-digest': { up: createDigestTables },
  '0004-digest-trending': { up: addTrendingChoice },
  '0005-venues': {
    async up(db: Kysely<unknown>) {
      await db.schema.createIndex('paper_venue').on('paper').column('venue').execute();
    },
  },
  '0006-email-change': { up: createEmailChangeTable },
  '0007-load': {
    async up(db: Kysely<unknown>) {
      await fullTextOf(db).tune(db);
      await createOrderIndexes(db);
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
    .addColumn('about', 'text')
    .addColumn('upvotes', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('comment_count', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('own_upvotes', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('own_comments', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('version', 'integer')
    .addColumn('updated_on', 'text')
    .addColumn('withdrawn_on', 'text')
    .addColumn('note', 'text')
    .addColumn('journal_ref', 'text')
    .addColumn('doi', 'text')
    .addColumn('venue', 'text')
    .addColumn('project_page', 'text')
    .addColumn('stars', 'integer')
    .addColumn('ai_summary', 'text')
    .addColumn('extra', 'text')
    .addColumn('trend', 'double precision')
    .execute();
  await db.schema.createIndex('paper_doi').on('paper').column('doi').execute();
  await db.schema.createIndex('paper_family').on('paper').columns(['family', 'published_on']).execute();
  await db.schema.createIndex('paper_published').on('paper').columns(['published_on', 'id']).execute();
  await db.schema.createIndex('paper_trend').on('paper').columns(['trend', 'published_on', 'id']).execute();
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
    .addColumn('key', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_author_key', ['paper_id', 'position'])
    .execute();
  await db.schema.createIndex('paper_author_name').on('paper_author').columns(['key', 'paper_id']).execute();
}

/** In which lists of all papers are walked through, from an end as far as they are shown. */
async function createOrderIndexes(db: Kysely<unknown>): Promise<void> {
  // After a model's bytes in its row, the time would be read only with all of them.
  await db.schema
    .createIndex('search_model_made')
    .on('search_model')
    .columns(['made_at', 'id', 'dimension', 'papers'])
    .execute();
  if (engineOf(db) === 'sqlite') {
    await db.schema
      .createIndex('paper_votes')
      .on('paper')
      .columns(['upvotes', 'published_on', 'id'])
      .execute();
    return;
  }
  // SQLite walks an index from its end where papers without a day come last; PostgreSQL only one that is made so.
  await sql`drop index paper_published`.execute(db);
  await sql`drop index paper_trend`.execute(db);
  const newest = sql`published_on desc nulls last, id desc`;
  await sql`create index paper_published on paper (${newest})`.execute(db);
  await sql`create index paper_trend on paper (trend desc nulls last, ${newest})`.execute(db);
  await sql`create index paper_votes on paper (upvotes desc, ${newest})`.execute(db);
}

async function createIngestTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('source_pace')
    .addColumn('source', 'text', (column) => column.primaryKey())
    .addColumn('free_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('ingest_state')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'text', (column) => column.notNull())
    .execute();
}

async function createFactTables(db: Kysely<unknown>): Promise<void> {
  const paper = (column: ColumnDefinitionBuilder) =>
    column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade');
  await db.schema
    .createTable('paper_tag')
    .addColumn('paper_id', 'text', paper)
    .addColumn('tag', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_tag_key', ['paper_id', 'tag'])
    .execute();
  await db.schema.createIndex('paper_tag_tag').on('paper_tag').columns(['tag', 'paper_id']).execute();
  await db.schema
    .createTable('paper_version')
    .addColumn('paper_id', 'text', paper)
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('submitted_on', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('paper_version_key', ['paper_id', 'version'])
    .execute();
  await db.schema
    .createTable('trend_event')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('paper_id', 'text', paper)
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('weight', 'double precision', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('trend_event_paper').on('trend_event').columns(['paper_id', 'at']).execute();
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
    .createIndex('daily_entry_order')
    .on('daily_entry')
    .columns(['day desc', 'position', 'paper_id'])
    .execute();
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
