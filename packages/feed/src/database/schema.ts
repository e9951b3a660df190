import type { Selectable } from 'kysely';
import type { DigestTables } from '../digest/tables.js';
import type { PeopleTables } from '../people/tables.js';
import type { SearchTables } from '../search/tables.js';

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
  /** More of our own words than the summary, which are searched. */
  about: string | null;
  upvotes: number;
  comment_count: number;
  /** How many of them readers here gave; the rest came with imports. */
  own_upvotes: number;
  own_comments: number;
  /** Number of the latest version that was seen. */
  version: number | null;
  /** Day of that version. */
  updated_on: string | null;
  /** Day on which the authors withdrew it. */
  withdrawn_on: string | null;
  /** The authors' remark on arXiv. */
  note: string | null;
  journal_ref: string | null;
  doi: string | null;
  /** Where it appeared, as read from the note or the journal reference. */
  venue: string | null;
  project_page: string | null;
  /** Stars of the repository. */
  stars: number | null;
  ai_summary: string | null;
  /** What a source said beyond all this: a JSON object. */
  extra: string | null;
  /** Orders by trend: ln S + t / τ, see `trending`; null before the first event. */
  trend: number | null;
}

/** What a paper is about, by its source: an arXiv category, or a keyword. */
export interface PaperTagTable {
  paper_id: string;
  tag: string;
  kind: 'category' | 'keyword';
}

/** A version of a paper that a source named. */
export interface PaperVersionTable {
  paper_id: string;
  version: number;
  submitted_on: string;
}

/** Something that made a paper trend. */
export interface TrendEventTable {
  id: string;
  paper_id: string;
  kind: TrendKind;
  /** Milliseconds since 1970. */
  at: number;
  weight: number;
}

export type TrendKind = 'upvote' | 'comment' | 'stars' | 'reproduced';

/** Other ids that lead to a paper: the provisional ids of all titles it has had, ids it gave up, and its object id. */
export interface PaperAliasTable {
  alias: string;
  paper_id: string;
}

export interface PaperAuthorTable {
  paper_id: string;
  /** From 0, in the order of the paper. */
  position: number;
  name: string;
  /** The name in letters and digits only, lower case and without accents: by it an author's papers are found. */
  key: string;
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

/** When a source may be asked again, over all processes. */
export interface SourcePaceTable {
  source: string;
  /** Milliseconds since 1970. */
  free_at: number;
}

/** Where an ingestion goes on. */
export interface IngestStateTable {
  key: string;
  /** JSON. */
  state: string;
  /** ISO 8601, UTC. */
  updated_at: string;
}

export interface Database extends SearchTables, PeopleTables, DigestTables {
  paper: PaperTable;
  paper_alias: PaperAliasTable;
  paper_author: PaperAuthorTable;
  paper_tag: PaperTagTable;
  paper_version: PaperVersionTable;
  trend_event: TrendEventTable;
  daily_entry: DailyEntryTable;
  import_log: ImportLogTable;
  source_pace: SourcePaceTable;
  ingest_state: IngestStateTable;
}

export type PaperRow = Selectable<PaperTable>;
