import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { chunks } from '../../database/chunks.js';
import { write } from '../../database/engine.js';
import type { Database } from '../../database/schema.js';
import { digestOf, meaningOf } from '../document.js';
import type { ModelFacts } from '../models/model.js';
import { bytesOf } from './bytes.js';

/** Papers that are looked through at a time. */
const rowsPerRead = 500;

const meaningColumns = ['id', 'title', 'summary', 'abstract', 'about'] as const;

/** How papers are read. */
export interface Embedder {
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
  /** Papers that are read, and whose vectors are stored, at a time. */
  readonly textsPerCall: number;
}

interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Papers that are read at the most; all unless said. */
  readonly most?: number | undefined;
  /** Told after each few papers. */
  readonly onEmbedded?: ((papers: number) => void) | undefined;
}

/** Gives a vector to every paper that has none of this model, or one of an earlier text. @returns how many */
export async function embedPapers(
  db: Kysely<Database>,
  model: ModelFacts,
  { embed, textsPerCall }: Embedder,
  { signal, onEmbedded, most = Number.POSITIVE_INFINITY }: EmbedOptions = {},
): Promise<number> {
  let embedded = 0;
  for (let last = ''; ; ) {
    const rows = await db
      .selectFrom('paper')
      .leftJoin('paper_vector', (join) =>
        join.onRef('paper_vector.paper_id', '=', 'paper.id').on('paper_vector.model_id', '=', model.id),
      )
      .select(['paper.id', 'paper_vector.number'])
      .where('paper.id', '>', last)
      .orderBy('paper.id')
      .limit(rowsPerRead)
      .execute();
    if (rows.length === 0) return embedded;
    const missing = rows.filter((row) => row.number === null).map((row) => row.id);
    for (const some of chunks(missing, textsPerCall)) {
      signal?.throwIfAborted();
      if (embedded >= most) return embedded;
      embedded += await embedSome(db, model, embed, some);
      onEmbedded?.(embedded);
      await turn();
    }
    last = rows.at(-1)!.id;
  }
}

async function embedSome(
  db: Kysely<Database>,
  model: ModelFacts,
  embed: (texts: readonly string[]) => Promise<readonly Float32Array[]>,
  ids: readonly string[],
): Promise<number> {
  const papers = await textsOf(db, ids);
  const vectors = await embed(papers.map(({ text }) => text));
  return write(db, async (transaction) => {
    // What has changed or gone since it was read gets its vector the next time.
    const now = new Map((await textsOf(transaction, ids)).map(({ id, text }) => [id, text]));
    const rows = papers.flatMap(({ id, text }, index) =>
      now.get(id) === text
        ? [
            {
              paper_id: id,
              model_id: model.id,
              dimension: model.dimension,
              digest: digestOf(text),
              vector: bytesOf(vectors[index]!),
            },
          ]
        : [],
    );
    if (rows.length === 0) return 0;
    await transaction
      .insertInto('paper_vector')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['paper_id', 'model_id']).doNothing())
      .execute();
    return rows.length;
  });
}

async function textsOf(
  db: Kysely<Database>,
  ids: readonly string[],
): Promise<{ id: string; text: string }[]> {
  const rows = await db.selectFrom('paper').select(meaningColumns).where('id', 'in', ids).execute();
  return rows.map((row) => ({ id: row.id, text: meaningOf(row) }));
}

/** What papers say, by id: of every so-manieth where there are more, so that all parts of the corpus are in it. */
export async function sampleTexts(db: Kysely<Database>, most: number): Promise<string[]> {
  const rows = await db.selectFrom('paper').select('id').orderBy('id').execute();
  const count = Math.min(most, rows.length);
  const ids = Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!.id);
  const texts = [];
  for (const some of chunks(ids)) {
    const papers = await textsOf(db, some);
    texts.push(...papers.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ text }) => text));
    await turn();
  }
  return texts;
}
