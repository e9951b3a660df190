import type { Kysely, QueryExecutorProvider } from 'kysely';
import { type Engine, engineOf } from '../database/engine.js';
import type { Database } from '../database/schema.js';
import type { SearchHit } from '../types.js';
import type { PaperText } from './document.js';
import type { PaperFilter } from './filter.js';
import { postgresFullText } from './postgresql.js';
import type { QueryTerms } from './query.js';
import { sqliteFullText } from './sqlite.js';

/** Whether all terms must stand in a paper, or one of them. */
export type Operator = 'AND' | 'OR';

/** What is looked for, and how. */
export interface WordQuery {
  readonly terms: QueryTerms;
  readonly operator: Operator;
  readonly filter: PaperFilter;
}

export interface MatchOptions {
  /** Papers that are left out. */
  readonly except: readonly string[];
  readonly limit: number;
  readonly offset: number;
  /** Whether only titles count. */
  readonly titles?: boolean;
}

export type Snippet = SearchHit['snippet'];

/** A word of the papers and in how many it stands. */
export interface Word {
  readonly word: string;
  readonly papers: number;
}

/** Full text as an engine stores and finds it. */
export interface FullText {
  createTables(db: Kysely<unknown>): Promise<void>;
  /** Prepares the tables for large imports. */
  tune(db: Kysely<unknown>): Promise<void>;
  /** Takes texts of papers in, in place of what stood there for them; as many as one statement can have. */
  indexPapers(db: Kysely<Database>, texts: readonly PaperText[]): Promise<void>;
  unindexPaper(db: Kysely<Database>, paperId: string): Promise<void>;
  /** Whether some paper matches: that is known long before all are counted or ranked. */
  hasMatch(db: Kysely<Database>, query: WordQuery): Promise<boolean>;
  /** Papers that match. */
  countMatches(db: Kysely<Database>, query: WordQuery): Promise<number>;
  /** Ids of papers that match, best first. */
  matchPapers(db: Kysely<Database>, query: WordQuery, options: MatchOptions): Promise<string[]>;
  /** Those of some papers that match. */
  matchesAmong(db: Kysely<Database>, query: WordQuery, ids: readonly string[]): Promise<Set<string>>;
  /** The passages of some papers that match. */
  snippetsOf(
    db: Kysely<Database>,
    query: WordQuery,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Snippet>>;
  /** The words of all papers, those of most papers first. */
  vocabulary(db: Kysely<Database>, limit: number): Promise<Word[]>;
  /** Grows with every change of a paper's text. */
  revision(db: Kysely<Database>): Promise<number>;
}

const engines: Readonly<Record<Engine, FullText>> = { sqlite: sqliteFullText, postgresql: postgresFullText };

/** The full text of the engine behind a database. */
export const fullTextOf = (db: QueryExecutorProvider): FullText => engines[engineOf(db)];
