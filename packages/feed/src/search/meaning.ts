import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';
import type { Database } from '../database/schema.js';
import type { SearchState, SearchUpdate, UpdateSearchOptions } from '../types.js';
import type { PaperFilter } from './filter.js';
import { fullTextOf } from './fullText.js';
import { mostTexts } from './lsa/fit.js';
import { forgetOthers, isFresh, latestLsa, leastPapers, storeLsa } from './lsa/store.js';
import type { ModelFacts } from './models/model.js';
import { openLsaSpace, openModelSpace, type Space } from './space.js';
import { SearchThread } from './thread/client.js';
import { embedPapers, sampleTexts } from './vectors/embedPapers.js';
import type { NearPaper } from './vectors/table.js';

/** By which models papers are compared. */
export interface MeaningOptions {
  /** Folder of an ONNX model. */
  readonly modelsDir?: string | undefined;
  /** `best`: the folder's model, else in a small feed the one that is installed, else the one of the corpus; `corpus`: that one alone; `none`. */
  readonly searchModel?: 'best' | 'corpus' | 'none' | undefined;
  /** Papers up to which the installed model reads them, since it takes long for each; 2,000 unless said. */
  readonly installedUpTo?: number | undefined;
}

/** At 0.13 s for each, four minutes of a processor. */
const usualInstalledUpTo = 2_000;
/** A model is used from this share of the papers on, unless another one has read more of them. */
const enough = 0.9;
/** Milliseconds for which what other processes store may stay unseen. */
const staleAfter = 2_000;
/** Queries, and papers with those near to them, that are remembered. */
const keptQueries = 1000;
/** Milliseconds for which an answer waits until what is stored has been read, which takes longer where it is much. */
const patience = 500;
/** Milliseconds after the start in which nothing is read, so that the start is quick. */
const firstRound = 1_000;

/** What papers and queries mean: which model tells it, and the papers near to a text or to each other. */
export class Meaning {
  readonly #db: Kysely<Database>;
  readonly #options: MeaningOptions;
  #lsa: Space | undefined;
  #ready: Promise<Space | undefined> | undefined;
  #readySpace: Space | undefined;
  #readyIsInstalled = false;
  #problem: string | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #papers = 0;
  #updating: Promise<SearchUpdate> | undefined;
  readonly #queries = new LRUCache<string, Float32Array>({ max: keptQueries });
  readonly #similar = new LRUCache<string, NearPaper[]>({ max: keptQueries });
  #computing: SearchThread | undefined;
  #readyIsUsed = false;
  #round: Promise<void> | undefined;
  #closed = false;
  readonly #closing = new AbortController();

  constructor(db: Kysely<Database>, options: MeaningOptions) {
    this.#db = db;
    this.#options = options;
  }

  /**
   * Papers near to a text, best first, and the model that found them; undefined where no model can answer.
   * @param within milliseconds that the answer may take; then the model of the corpus answers, which takes none
   */
  async nearest(
    text: string,
    options: { filter: PaperFilter; count: number; within?: number | undefined },
  ): Promise<{ model: ModelFacts; papers: NearPaper[] } | undefined> {
    const { filter, count, within } = options;
    for (const space of await this.#spaces(within)) {
      const query = await inTime(this.#embedQuery(space, text), within);
      if (!query) continue;
      const { least } = space.model;
      return { model: space.model, papers: await space.table.nearest(query, { filter, count, least }) };
    }
    return undefined;
  }

  /** Papers near to a paper, best first. */
  async similarTo(
    paperId: string,
    count: number,
  ): Promise<{ model: ModelFacts; papers: NearPaper[] } | undefined> {
    for (const space of await this.#spaces()) {
      const key = JSON.stringify([space.model.id, space.table.version, paperId, count]);
      const papers = this.#similar.get(key) ?? (await similarIn(space, paperId, count));
      if (!papers) continue;
      this.#similar.set(key, papers);
      return { model: space.model, papers };
    }
    return undefined;
  }

  /** What a search would be answered by. */
  async state(): Promise<SearchState> {
    const [space] = await this.#spaces(0, patience);
    const problem = this.#problem === undefined ? {} : { problem: this.#problem };
    if (!space) return { index: 'full-text', papers: this.#papers, embedded: 0, ...problem };
    const { id, name, dimension } = space.model;
    const embedded = Math.min(space.table.rows, this.#papers);
    return { index: 'hybrid', model: { id, name, dimension }, papers: this.#papers, embedded, ...problem };
  }

  /**
   * The spaces that can answer, the one that should first.
   * @param within milliseconds for which a model that is being loaded is waited for; until it is there unless said
   * @param reading milliseconds for which it is waited until what is stored has been read
   */
  async #spaces(within?: number, reading = within ?? patience): Promise<Space[]> {
    if (this.#options.searchModel === 'none' || this.#closed) return [];
    if (Date.now() - this.#checkedAt > staleAfter) await inTime(this.#check(), reading);
    const opening = this.#readyIsUsed ? this.#openReady() : this.#ready;
    if (within === undefined) await opening;
    const spaces = [this.#readySpace, this.#lsa].filter((space) => space && space.table.rows > 0) as Space[];
    const complete = ({ table }: Space) => Math.min(1, table.rows / (enough * Math.max(1, this.#papers)));
    return spaces.sort((a, b) => complete(b) - complete(a));
  }

  /** Sees what has been stored since the last time, here or elsewhere. */
  #check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #look(): Promise<void> {
    this.#papers = await countPapers(this.#db);
    await this.#lookForLsa();
    this.#readyIsUsed ||= await hasReadyVectors(this.#db);
    await this.#readySpace?.table.refresh();
    this.#checkedAt = Date.now();
  }

  /** While the vectors of a new model are being made the earlier one goes on answering. */
  async #lookForLsa(): Promise<void> {
    const before = this.#lsa;
    const latest = await latestLsa(this.#db);
    const isNew = latest !== undefined && latest.id !== before?.model.id;
    if (!isNew || (await countVectors(this.#db, latest.id)) < enough * (before?.table.rows ?? 1)) {
      await before?.table.refresh();
      return;
    }
    const next = await openLsaSpace(this.#db);
    await next?.table.refresh();
    this.#lsa = next;
    await before?.close();
  }

  /** Loads the first model that comes ready and can be loaded, once. */
  #openReady(): Promise<Space | undefined> {
    this.#ready ??= this.#open();
    return this.#ready;
  }

  async #open(): Promise<Space | undefined> {
    const { modelsDir, searchModel = 'best' } = this.#options;
    if (searchModel !== 'best') return undefined;
    const folder = modelsDir === undefined ? [] : [{ kind: 'onnx', folder: modelsDir } as const];
    const few = (await countPapers(this.#db)) <= this.#installedUpTo;
    const installed = few ? [{ kind: 'energetic' } as const] : [];
    for (const source of [...folder, ...installed]) {
      try {
        const space = await openModelSpace(this.#db, source);
        await space.table.refresh();
        this.#readySpace = space;
        this.#readyIsInstalled = source.kind === 'energetic';
        return space;
      } catch (error) {
        // That the optional package is missing is no problem; that the named folder cannot be used is one.
        if (source.kind === 'onnx') this.#problem = error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  async #embedQuery(space: Space, text: string): Promise<Float32Array | undefined> {
    const key = `${space.model.id} ${text}`;
    const known = this.#queries.get(key);
    const vector = known ?? (await space.embedQuery(text));
    this.#queries.set(key, vector);
    // A model that knows none of the words says so by zeros.
    return vector.some((value) => value !== 0) ? vector : undefined;
  }

  /** Gives every paper a vector, and computes the model of the corpus where the corpus has changed by a tenth. */
  update(options: UpdateSearchOptions = {}): Promise<SearchUpdate> {
    this.#updating ??= this.#update(options).finally(() => {
      this.#updating = undefined;
    });
    return this.#updating;
  }

  async #update({ signal, onProgress }: UpdateSearchOptions): Promise<SearchUpdate> {
    if (this.#options.searchModel === 'none') return { ...(await this.state()), added: 0, computed: false };
    const computed = await this.#computeLsa();
    await this.#leaveInstalled();
    let added = 0;
    const kept = [];
    // The model of the corpus first: it takes seconds, the others minutes.
    const latest = await openLsaSpace(this.#db);
    for (const open of [async () => latest, () => this.#openReady()]) {
      const space = await open();
      if (!space) continue;
      added += await embedPapers(this.#db, space.model, space.papers, {
        signal,
        ...(space === this.#readySpace && this.#readyIsInstalled && { most: this.#installedUpTo }),
        onEmbedded: (papers) => onProgress?.({ model: space.model.name, papers }),
      });
      kept.push(space.model.id);
      await this.#check();
    }
    await latest?.close();
    if (kept.length > 0) await forgetOthers(this.#db, kept);
    return { ...(await this.state()), added, computed };
  }

  get #installedUpTo(): number {
    return this.#options.installedUpTo ?? usualInstalledUpTo;
  }

  /** Closes the installed model once there are too many papers for it. */
  async #leaveInstalled(): Promise<void> {
    const space = await this.#ready;
    if (!space || !this.#readyIsInstalled || (await countPapers(this.#db)) <= this.#installedUpTo) return;
    this.#readySpace = undefined;
    this.#ready = Promise.resolve(undefined);
    await space.close();
  }

  async #computeLsa(): Promise<boolean> {
    const papers = await countPapers(this.#db);
    if (papers < leastPapers || isFresh(await latestLsa(this.#db), papers)) return false;
    const thread = new SearchThread();
    this.#computing = thread;
    try {
      const learned = await thread.ask('fit', { texts: await sampleTexts(this.#db, mostTexts) });
      await storeLsa(this.#db, { ...learned, papers });
      return true;
    } finally {
      this.#computing = undefined;
      await thread.close();
    }
  }

  /** Keeps everything up to date until it is closed. */
  watch(onProblem: (error: unknown) => void, everyMilliseconds: number): void {
    if (this.#options.searchModel === 'none') return;
    let done: string | undefined;
    const round = async (): Promise<void> => {
      const texts = `${await fullTextOf(this.#db).revision(this.#db)} ${await countPapers(this.#db)}`;
      if (texts === done) return;
      const { problem } = await this.update({ signal: this.#closing.signal });
      if (problem !== undefined && done === undefined) onProblem(new Error(problem));
      done = texts;
    };
    void (async () => {
      for (let pause = firstRound; !this.#closed; pause = everyMilliseconds) {
        await wait(pause, undefined, { ref: false });
        if (this.#closed) return;
        this.#round = round().catch((error: unknown) => {
          if (!this.#closed) onProblem(error);
        });
        await this.#round;
      }
    })();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.abort();
    await this.#computing?.close();
    await this.#updating?.catch(() => undefined);
    await this.#round;
    await this.#checking?.catch(() => undefined);
    await (await this.#ready)?.close();
    await this.#lsa?.close();
  }
}

async function similarIn(
  { model, table }: Space,
  paperId: string,
  count: number,
): Promise<NearPaper[] | undefined> {
  const vector = await table.vectorOf(paperId);
  return vector && table.nearest(vector, { count, least: model.least, except: paperId });
}

async function countPapers(db: Kysely<Database>): Promise<number> {
  const { papers } = await db
    .selectFrom('paper')
    .select((query) => query.fn.countAll<number>().as('papers'))
    .executeTakeFirstOrThrow();
  return papers;
}

async function countVectors(db: Kysely<Database>, modelId: string): Promise<number> {
  const { rows } = await db
    .selectFrom('paper_vector')
    .select((query) => query.fn.countAll<number>().as('rows'))
    .where('model_id', '=', modelId)
    .executeTakeFirstOrThrow();
  return rows;
}

/** Whether a model that comes ready has read some paper: before that it need not be loaded to answer. */
async function hasReadyVectors(db: Kysely<Database>): Promise<boolean> {
  // All ids of the corpus begin alike, so that another one is the first or the last of them.
  for (const which of ['min', 'max'] as const) {
    const { id } = await db
      .selectFrom('paper_vector')
      .select((query) => query.fn[which]<string | null>('model_id').as('id'))
      .executeTakeFirstOrThrow();
    if (id !== null && !id.startsWith('lsa-')) return true;
  }
  return false;
}

/** What a promise gives in some time; undefined after it. */
async function inTime<Value>(
  promise: Promise<Value>,
  milliseconds: number | undefined,
): Promise<Value | undefined> {
  if (milliseconds === undefined) return promise;
  const timer = new AbortController();
  try {
    return await Promise.race([
      promise,
      wait(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
  } finally {
    timer.abort();
    promise.catch(() => undefined);
  }
}
