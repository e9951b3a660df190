import { type Kysely, sql } from 'kysely';
import { engineOf } from '../../database/engine.js';

/** Creates the tables of what papers mean. */
export async function createVectorTables(db: Kysely<unknown>): Promise<void> {
  const server = engineOf(db) === 'postgresql';
  const bytes = server ? sql`bytea` : sql`blob`;
  await db.schema
    .createTable('search_model')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('dimension', 'integer', (column) => column.notNull())
    .addColumn('papers', 'integer', (column) => column.notNull())
    .addColumn('state', bytes, (column) => column.notNull())
    .addColumn('made_at', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('paper_vector')
    .addColumn('number', server ? 'bigserial' : 'integer', (column) =>
      server ? column.primaryKey() : column.primaryKey().autoIncrement(),
    )
    .addColumn('paper_id', 'text', (column) =>
      column.notNull().references('paper.id').onUpdate('cascade').onDelete('cascade'),
    )
    .addColumn('model_id', 'text', (column) => column.notNull())
    .addColumn('dimension', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('vector', bytes, (column) => column.notNull())
    .addUniqueConstraint('paper_vector_paper', ['paper_id', 'model_id'])
    .execute();
  await db.schema
    .createIndex('paper_vector_model')
    .on('paper_vector')
    .columns(['model_id', 'number'])
    .execute();
}
