/** A paper that ships with the product, as the app hands it to the feed at start. */
export interface CataloguePaper {
  readonly slug: string;
  readonly title: string;
  readonly arxivId?: string;
  readonly date: string;
  readonly authorCount?: number;
  readonly repository?: string;
  readonly family: string;
  readonly summary: string;
}

/** A paper as lists and pages see it. */
export interface FeedPaper {
  /** arXiv id without version, or a provisional id (`p-` and a hash of the normalised title). */
  readonly id: string;
  readonly title: string;
  /** Slug of the built-in implementation's folder, when this paper is in the catalogue. */
  readonly slug?: string;
  readonly arxivId?: string;
  /** Day of first publication, `YYYY-MM-DD`; absent where no source said it. */
  readonly publishedOn?: string;
  readonly authorCount?: number;
  readonly authors: readonly string[];
  readonly repository?: string;
  readonly family?: string;
  /** Our own sentence (catalogue papers only). */
  readonly summary?: string;
  /** Only from importers. */
  readonly abstract?: string;
  readonly upvotes: number;
  readonly commentCount: number;
  /** The latest day on whose list the paper stands, `YYYY-MM-DD`. */
  readonly listedOn?: string;
}

/** One day of the feed. */
export interface DayList {
  /** The day shown: the asked one, or the last earlier one that has papers. */
  readonly date: string;
  readonly previous?: string;
  readonly next?: string;
  readonly papers: readonly FeedPaper[];
}

export interface SearchHit {
  readonly paper: FeedPaper;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  /** The passage that matched, as plain text pieces; `match` marks the words to highlight. */
  readonly snippet: readonly { readonly text: string; readonly match: boolean }[];
}

export interface SearchResult {
  readonly query: string;
  readonly total: number;
  readonly hits: readonly SearchHit[];
  /** Which index answered. */
  readonly index: 'full-text';
}

/** A line of an imported file, from 1, and what was wrong with it. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** What an import did, and every line that it could not read. */
export interface ImportReport {
  /** The day the imported page was for. */
  readonly date: string;
  readonly blocks: number;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly problems: readonly Problem[];
}

export interface Feed {
  /** Takes the built-in catalogue in: inserts, updates, never removes; lists its papers on `day`. */
  addCatalogue(papers: readonly CataloguePaper[], day: string): Promise<void>;
  /**
   * Imports a daily-papers page saved as text.
   * @param options `savedOn`: the day it was saved, `YYYY-MM-DD`; dates without a year are the latest such day not after it
   * @throws ImportError when the bytes are no such page; the database is then unchanged.
   */
  importSavedPage(page: Uint8Array, options: { savedOn: string; name: string }): Promise<ImportReport>;
  /**
   * The list of `date`, or of the last day before it that has papers; today when left out. Undefined: no list
   * that early.
   * @throws RangeError for a date that is no day.
   */
  day(date?: string, options?: { family?: string }): Promise<DayList | undefined>;
  /** Days that have a list, newest first. */
  days(): Promise<readonly { readonly date: string; readonly count: number }[]>;
  /** Papers of a family, newest first. */
  family(family: string): Promise<readonly FeedPaper[]>;
  /** Families and how many papers each has. */
  families(): Promise<readonly { readonly family: string; readonly count: number }[]>;
  /**
   * Papers for any text of a user, of which the first 250 characters count: words, "phrases", the last word
   * also half typed; `limit` 1 to 120 (20 when left out).
   * @throws RangeError for a bad limit or offset.
   */
  search(
    query: string,
    options?: { family?: string; limit?: number; offset?: number },
  ): Promise<SearchResult>;
  /** By arXiv id (with or without version), provisional id or slug. */
  paper(id: string): Promise<FeedPaper | undefined>;
  close(): Promise<void>;
}
