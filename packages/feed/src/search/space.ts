import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { decodeLsa, lsaEmbedder } from './lsa/embed.js';
import { lsaFacts } from './lsa/facts.js';
import { latestLsa, lsaState } from './lsa/store.js';
import type { ModelFacts } from './models/model.js';
import { SearchThread } from './thread/client.js';
import type { ModelSource } from './thread/messages.js';
import type { Embedder } from './vectors/embedPapers.js';
import { VectorTable } from './vectors/table.js';

/** A model with the vectors of all papers that it has read. */
export interface Space {
  readonly model: ModelFacts;
  readonly table: VectorTable;
  embedQuery(text: string): Promise<Float32Array>;
  /** How papers are read. */
  readonly papers: Embedder;
  close(): Promise<void>;
}

/** The space of the model that was last computed from the corpus; undefined where none was. */
export async function openLsaSpace(db: Kysely<Database>): Promise<Space | undefined> {
  const stored = await latestLsa(db);
  const state = stored && (await lsaState(db, stored.id));
  if (!stored || !state) return undefined;
  let embed: ReturnType<typeof lsaEmbedder> | undefined;
  const table = new VectorTable(db, stored.id, stored.dimension);
  let thread: Promise<SearchThread> | undefined;
  const reader = async (): Promise<SearchThread> => {
    const started = new SearchThread();
    await started.ask('load', { source: { kind: 'lsa', state } });
    return started;
  };
  return {
    model: lsaFacts(stored.id, stored.dimension),
    table,
    // Queries are short enough to be read here.
    async embedQuery(text) {
      embed ??= lsaEmbedder(decodeLsa(state));
      return embed(text);
    },
    papers: {
      textsPerCall: 100,
      async embed(texts) {
        thread ??= reader();
        return (await thread).ask('embed', { texts, kind: 'paper' });
      },
    },
    async close() {
      await (await thread)?.close();
      await table.close();
    },
  };
}

/** The space of a model that comes ready. @throws where it cannot be loaded */
export async function openModelSpace(db: Kysely<Database>, source: ModelSource): Promise<Space> {
  const thread = new SearchThread();
  try {
    const model = await thread.ask('load', { source });
    const table = new VectorTable(db, model.id, model.dimension);
    const embed = (texts: readonly string[], kind: 'paper' | 'query') => thread.ask('embed', { texts, kind });
    return {
      model,
      table,
      embedQuery: async (text) => (await embed([text], 'query'))[0]!,
      papers: {
        textsPerCall: 8,
        // One by one, so that a query never waits for more than one of them.
        async embed(texts) {
          const vectors = [];
          for (const text of texts) vectors.push(...(await embed([text], 'paper')));
          return vectors;
        },
      },
      async close() {
        await thread.close();
        await table.close();
      },
    };
  } catch (error) {
    await thread.close();
    throw error;
  }
}
