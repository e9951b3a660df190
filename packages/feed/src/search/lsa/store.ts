import type { Kysely } from 'kysely';
import type { Database } from '../../database/schema.js';

/** A stored model that was computed from the corpus. */
export interface StoredLsa {
  readonly id: string;
  readonly dimension: number;
  /** Papers that there were when it was computed. */
  readonly papers: number;
}

/** Fewer papers tell nothing of how words stand together. */
export const leastPapers = 16;
/** By how much the corpus has to have changed before it is computed anew. */
const growth = 0.1;

export function latestLsa(db: Kysely<Database>): Promise<StoredLsa | undefined> {
  return db
    .selectFrom('search_model')
    .select(['id', 'dimension', 'papers'])
    .orderBy('made_at', 'desc')
    .orderBy('id')
    .executeTakeFirst();
}

export async function lsaState(db: Kysely<Database>, id: string): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom('search_model').select('state').where('id', '=', id).executeTakeFirst();
  return row && new Uint8Array(row.state);
}

/** Whether a model tells of a corpus of this size as it is now. */
export const isFresh = (model: StoredLsa | undefined, papers: number): boolean =>
  model !== undefined && Math.abs(papers - model.papers) < growth * model.papers;

export async function storeLsa(
  db: Kysely<Database>,
  { id, dimension, papers, state }: StoredLsa & { readonly state: Uint8Array },
): Promise<void> {
  const made_at = new Date().toISOString();
  await db
    .insertInto('search_model')
    .values({
      id,
      dimension,
      papers,
      state: Buffer.from(state.buffer, state.byteOffset, state.byteLength),
      made_at,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ papers, made_at }))
    .execute();
}

/** Forgets models and vectors that nothing uses any more. */
export async function forgetOthers(db: Kysely<Database>, kept: readonly string[]): Promise<void> {
  await db.deleteFrom('paper_vector').where('model_id', 'not in', kept).execute();
  await db.deleteFrom('search_model').where('id', 'not in', kept).execute();
}
