import type { ColumnType, Generated } from 'kysely';

/** PostgreSQL gives bytes as an array, SQLite as their memory. */
type Bytes = ColumnType<Uint8Array | ArrayBuffer, Uint8Array, Uint8Array>;

/** The full-text tables of SQLite (FTS5). */
export interface SqliteSearchTables {
  /** Row numbers of the index by paper; a paper whose text changes gets a higher one than any before. */
  search_document: { number: Generated<number>; paper_id: string };
  /** What is searched and ranked: words reduced to their stems. */
  search_text: {
    rowid: number;
    title: string;
    summary: string;
    abstract: string;
    labels: string;
    authors: string;
    about: string;
  };
  /** The same text with whole words, kept only for the list of words. */
  search_word: { rowid: number; text: string };
  /** Every word of `search_word` and in how many papers it stands. */
  search_vocabulary: { term: string; doc: number };
}

/** The full-text table of PostgreSQL. */
export interface PostgresSearchTables {
  search_vector: {
    paper_id: string;
    /** A paper whose text changes gets a higher one than any before. */
    number: Generated<number>;
    /** What is searched and ranked: words reduced to their stems, weighted by where they stand. */
    stems: string;
    /** The same text with whole words, for words half typed. */
    words: string;
  };
}

/** What papers mean, by the models that tell it. Vectors of different models are never compared. */
export interface VectorTables {
  search_model: {
    id: string;
    /** Numbers of a vector. */
    dimension: number;
    /** Papers from which it was computed. */
    papers: number;
    /** What is needed to use it again. */
    state: Bytes;
    /** ISO 8601, UTC. */
    made_at: string;
  };
  paper_vector: {
    /** Later ones are higher. */
    number: Generated<number>;
    paper_id: string;
    model_id: string;
    dimension: number;
    /** SHA-256 of the text that the vector is of. */
    digest: string;
    /** Numbers of 32 bits, the lowest byte first. */
    vector: Bytes;
  };
}

/** What is searched; outside this folder nothing depends on the engine. */
export type SearchTables = SqliteSearchTables & PostgresSearchTables & VectorTables;
