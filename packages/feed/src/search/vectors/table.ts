import { setImmediate as turn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../../database/schema.js';
import { isFiltered, type PaperFilter, passes } from '../filter.js';
import { SearchThread } from '../thread/client.js';
import { floatsOf } from './bytes.js';
import { type Near, nearest, quantize, rowLength, type Vectors } from './nearest.js';

/** Above this many papers the search through all vectors takes so long that it has a thread of its own. */
const mostHere = 20_000;
const rowsPerRead = 500;

export interface NearPaper {
  readonly id: string;
  /** Cosine. */
  readonly similarity: number;
}

/** The vectors of one model in memory. Rows are known by number, because ids of papers change. */
export class VectorTable {
  readonly #db: Kysely<Database>;
  readonly #modelId: string;
  readonly #dimension: number;
  readonly #mostHere: number;
  #numbers: readonly number[] = [];
  #vectors: Vectors;
  #version = 0;
  #thread: SearchThread | undefined;
  #reading: Promise<void> | undefined;

  constructor(db: Kysely<Database>, modelId: string, dimension: number, most = mostHere) {
    this.#db = db;
    this.#modelId = modelId;
    this.#dimension = dimension;
    this.#mostHere = most;
    this.#vectors = memory(0, dimension);
  }

  get rows(): number {
    return this.#numbers.length;
  }

  /** Another one after every change of the vectors. */
  get version(): number {
    return this.#version;
  }

  /** Whether the search has a thread of its own. */
  get threaded(): boolean {
    return this.#thread !== undefined;
  }

  /** Reads what has come since the last time, and forgets what has gone. */
  refresh(): Promise<void> {
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #refresh(): Promise<void> {
    const newest = this.#numbers.at(-1) ?? 0;
    // What has only gone is found in no answer; counting takes long, and waits for something to come.
    if ((await this.#newestStored()) === newest) return;
    const stored = await this.#countAfter(0);
    const added = await this.#countAfter(newest);
    const known = added + this.rows === stored ? this.#numbers : [];
    await this.#readAfter(known, stored);
    this.#version++;
    await this.#share();
  }

  async #newestStored(): Promise<number> {
    const { newest } = await this.#db
      .selectFrom('paper_vector')
      .select((query) => query.fn.max<number | null>('number').as('newest'))
      .where('model_id', '=', this.#modelId)
      .executeTakeFirstOrThrow();
    return newest ?? 0;
  }

  async #countAfter(number: number): Promise<number> {
    const { rows } = await this.#db
      .selectFrom('paper_vector')
      .select((query) => query.fn.countAll<number>().as('rows'))
      .where('model_id', '=', this.#modelId)
      .where('number', '>', number)
      .executeTakeFirstOrThrow();
    return rows;
  }

  /** @param stored rows that are expected */
  async #readAfter(known: readonly number[], stored: number): Promise<void> {
    // Read aside, so that searches in between see either all or none of it.
    const numbers = [...known];
    let vectors = this.#vectors;
    for (let last = numbers.at(-1) ?? 0; ; ) {
      const rows = await this.#db
        .selectFrom('paper_vector')
        .select(['number', 'vector'])
        .where('model_id', '=', this.#modelId)
        .where('dimension', '=', this.#dimension)
        .where('number', '>', last)
        .orderBy('number')
        .limit(rowsPerRead)
        .execute();
      const needed = numbers.length + rows.length;
      if (known.length === 0 && numbers.length === 0)
        vectors = memory(Math.max(stored, needed), this.#dimension);
      else if (needed > vectors.scales.length)
        vectors = enlarged(vectors, Math.max(stored, 1.5 * needed), this.#dimension);
      for (const row of rows) {
        const size = rowLength(this.#dimension);
        const into = vectors.elements.subarray(numbers.length * size, (numbers.length + 1) * size);
        vectors.scales[numbers.length] = quantize(floatsOf(row.vector), into);
        numbers.push(row.number);
      }
      if (rows.length < rowsPerRead) break;
      last = rows.at(-1)!.number;
      await turn();
    }
    this.#vectors = { ...vectors, rows: numbers.length };
    this.#numbers = numbers;
  }

  async #share(): Promise<void> {
    if (this.rows <= this.#mostHere) return;
    this.#thread ??= new SearchThread();
    await this.#thread.ask('vectors', this.#vectors);
  }

  /** The papers most similar to a vector, best first. */
  async nearest(
    query: Float32Array,
    options: { count: number; least: number; filter?: PaperFilter; except?: string },
  ): Promise<NearPaper[]> {
    const numbers = this.#numbers;
    const { count, least, filter = {}, except } = options;
    const allowed = isFiltered(filter) ? await this.#allowed(numbers, filter) : undefined;
    const wanted = { count: except === undefined ? count : count + 1, least, allowed };
    const near = this.#thread
      ? await this.#thread.ask('nearest', { query, ...wanted })
      : nearest(this.#vectors, query, wanted);
    const ids = await this.#idsOf(near.map(({ row }) => numbers[row]!));
    return near
      .flatMap(({ row, similarity }: Near) => {
        const id = ids.get(numbers[row]!);
        return id === undefined || id === except ? [] : [{ id, similarity }];
      })
      .slice(0, count);
  }

  async #allowed(numbers: readonly number[], filter: PaperFilter): Promise<Uint8Array> {
    const rows = await this.#db
      .selectFrom('paper_vector')
      .innerJoin('paper', 'paper.id', 'paper_vector.paper_id')
      .select('paper_vector.number')
      .where('model_id', '=', this.#modelId)
      .where(passes(this.#db, filter))
      .execute();
    const passing = new Set(rows.map((row) => row.number));
    return Uint8Array.from(numbers, (number) => (passing.has(number) ? 1 : 0));
  }

  async #idsOf(numbers: readonly number[]): Promise<ReadonlyMap<number, string>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('paper_vector')
      .select(['number', 'paper_id'])
      .where('number', 'in', numbers)
      .execute();
    return new Map(rows.map((row) => [row.number, row.paper_id]));
  }

  async vectorOf(paperId: string): Promise<Float32Array | undefined> {
    const row = await this.#db
      .selectFrom('paper_vector')
      .select('vector')
      .where('paper_id', '=', paperId)
      .where('model_id', '=', this.#modelId)
      .executeTakeFirst();
    return row && floatsOf(row.vector);
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }
}

/** Room for rows, shared so that a thread sees what is here without a copy. */
function memory(rows: number, dimension: number): Vectors {
  return {
    rows: 0,
    elements: new Int8Array(new SharedArrayBuffer(rows * rowLength(dimension))),
    scales: new Float32Array(new SharedArrayBuffer(4 * rows)),
  };
}

function enlarged(vectors: Vectors, rows: number, dimension: number): Vectors {
  const larger = memory(Math.ceil(rows), dimension);
  larger.elements.set(vectors.elements);
  larger.scales.set(vectors.scales);
  return larger;
}
