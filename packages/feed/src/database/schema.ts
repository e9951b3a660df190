import type { Selectable } from 'kysely';
import type { FullTextTables } from '../search/tables.js';

export interface PaperTable {
  /** arXiv id without version, or a provisional id while no arXiv id is known. */
  id: string;
  title: string;
  slug: string | null;
  published_on: string | null;
  author_count: number | null;
  repository: string | null;
  family: string | null;
  summary: string | null;
  abstract: string | null;
  upvotes: number;
  comment_count: number;
}

/** Other ids that lead to a paper: the provisional ids of all titles it has had, and ids it gave up. */
export interface PaperAliasTable {
  alias: string;
  paper_id: string;
}

export interface PaperAuthorTable {
  paper_id: string;
  /** From 0, in the order of the paper. */
  position: number;
  name: string;
}

/** A paper stands on a day's list; a paper can be known without standing on any. */
export interface DailyEntryTable {
  day: string;
  paper_id: string;
  /** From 0, in the order of the list. */
  position: number;
}

export interface ImportLogTable {
  id: string;
  /** Name of the imported file. */
  name: string;
  /** SHA-256 of its bytes, hexadecimal. */
  digest: string;
  day: string;
  /** ISO 8601, UTC. */
  imported_at: string;
  blocks: number;
  added: number;
  updated: number;
  unchanged: number;
  /** JSON array of `{ line, message }`. */
  problems: string;
}

export interface Database extends FullTextTables {
  paper: PaperTable;
  paper_alias: PaperAliasTable;
  paper_author: PaperAuthorTable;
  daily_entry: DailyEntryTable;
  import_log: ImportLogTable;
}

export type PaperRow = Selectable<PaperTable>;
