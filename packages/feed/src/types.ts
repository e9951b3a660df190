import type { Digest } from './digest/types.js';
import type { People, Profile } from './people/types.js';

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
  /** Our own words about it, which are searched. */
  readonly inOneMinute?: {
    readonly problem: string;
    readonly idea: string;
    readonly cost: string;
    readonly useWhen: string;
    readonly avoidWhen: string;
  };
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
  /** arXiv categories and keywords, by name. */
  readonly tags: readonly PaperTag[];
  /** Number of the latest version, and its day. */
  readonly version?: number;
  readonly updatedOn?: string;
  /** Day on which the authors withdrew it. */
  readonly withdrawnOn?: string;
  /** The authors' remark on arXiv. */
  readonly note?: string;
  readonly journalReference?: string;
  readonly doi?: string;
  /** Where it appeared, such as `ICLR 2025`. */
  readonly venue?: string;
  readonly projectPage?: string;
  /** Stars of the repository. */
  readonly stars?: number;
  /** A sentence that a source wrote by machine. */
  readonly aiSummary?: string;
  /** Whose work it is, and pictures or films of it, where a source said so. */
  readonly organization?: Organization;
  readonly mediaUrls?: readonly string[];
  /** The reader who put it on a list. */
  readonly submittedBy?: Pick<Profile, 'id' | 'name' | 'fullName'>;
}

/** A group as a source names it. */
export interface Organization {
  /** Twenty-four hexadecimal digits, of the source. */
  readonly id?: string;
  readonly name: string;
  readonly fullName: string;
  readonly avatarUrl?: string;
}

export type PeriodKind = 'week' | 'month';

export interface PaperTag {
  readonly tag: string;
  readonly kind: 'category' | 'keyword';
}

/** `list`: the order of the day, days newest first; `newest`: by publication; `votes`; `trending`: see `Feed.trend`. */
export type ListOrder = 'list' | 'newest' | 'votes' | 'trending';

/** Which papers, in which order, which of them. */
export interface ListQuery {
  /** On the lists of these days, both included, `YYYY-MM-DD`. */
  readonly listed?: { readonly from: string; readonly to: string };
  readonly family?: string;
  /** A name as papers give it; case, accents and points do not matter. */
  readonly author?: string;
  readonly tag?: string;
  /** Where papers appeared, such as `ICLR 2025`, or `ICLR` for all years. */
  readonly venue?: string;
  /** Name of the reader who put it on a list; null for papers that no reader did. */
  readonly submittedBy?: string | null;
  /** Id of an account: without the papers that it hid. */
  readonly notHiddenBy?: string | undefined;
  /** `newest` unless said. */
  readonly sort?: ListOrder;
  /** 1 to 1000; 50 unless said. */
  readonly limit?: number;
  readonly offset?: number;
}

export interface PaperPage {
  /** Papers in all, of which this page has some. */
  readonly total: number;
  readonly papers: readonly FeedPaper[];
}

/** A week (`2025-W09`, Monday to Sunday) or a month (`2025-02`) of the feed. */
export interface Period {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The nearest earlier and later one with papers. */
  readonly previous?: string;
  readonly next?: string;
}

/** Why a paper trends: S = Σ weight · exp(-age / 48 h) over what happened to it, by kind. */
export interface Trend {
  readonly score: number;
  readonly terms: readonly {
    readonly kind: 'upvote' | 'comment' | 'stars' | 'reproduced';
    readonly events: number;
    readonly score: number;
  }[];
}

/** Which papers of a day. */
export interface DayOptions {
  readonly family?: string;
  /** Id of an account: without the papers that it hid. */
  readonly notHiddenBy?: string | undefined;
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
  /** What was searched instead, where a word of the query stands in no paper and one near to it does. */
  readonly corrected?: string;
  readonly total: number;
  readonly hits: readonly SearchHit[];
  /** What answered: the words alone, or words and meanings. */
  readonly index: 'full-text' | 'hybrid';
  /** Name of the model by which meanings were compared. */
  readonly model?: string;
}

export interface SearchOptions {
  readonly family?: string | undefined;
  /** A name as papers give it; case, accents and points do not matter. */
  readonly author?: string | undefined;
  readonly tag?: string | undefined;
  /** Such as `ICLR 2025`, or `ICLR` for all years. */
  readonly venue?: string | undefined;
  /** On the list of a day, both included, `YYYY-MM-DD`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Only catalogue papers with one of these slugs, such as those that run. */
  readonly slugs?: readonly string[] | undefined;
  /** On the list of this day or a later one, or published then, `YYYY-MM-DD`. */
  readonly newSince?: string | undefined;
  /** On the reading list of this account. */
  readonly readingListOf?: string | undefined;
  /** What counts; both unless said. */
  readonly by?: 'both' | 'words' | 'meaning' | undefined;
  /** 1 to 120; 20 unless said. */
  readonly limit?: number;
  readonly offset?: number;
  /** Milliseconds for which a slow model is waited for, such as while somebody types; as long as it takes unless said. */
  readonly within?: number | undefined;
}

/** What searches are answered by at the moment. */
export interface SearchState {
  readonly index: SearchResult['index'];
  readonly model?: { readonly id: string; readonly name: string; readonly dimension: number };
  readonly papers: number;
  /** Papers whose meaning is known. */
  readonly embedded: number;
  /** Why the model that the settings name is not used. */
  readonly problem?: string;
}

export interface UpdateSearchOptions {
  readonly signal?: AbortSignal;
  /** Told after each few papers: the model that reads them, and how many it has read. */
  readonly onProgress?: (progress: { readonly model: string; readonly papers: number }) => void;
}

export interface SearchUpdate extends SearchState {
  /** Papers read, by all models. */
  readonly added: number;
  /** Whether the model of the corpus was computed anew. */
  readonly computed: boolean;
}

export type SimilarOrder = 'similarity' | 'newest' | 'votes';

export interface SimilarPapers {
  /** Name of the model by which they were compared. */
  readonly model?: string;
  readonly papers: readonly { readonly paper: FeedPaper; readonly similarity: number }[];
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

/** What is taken in from arXiv. */
export type IngestSource =
  /** A query of its search, newest first. */
  | { readonly kind: 'query'; readonly query: string }
  /** What the day's RSS of these categories, such as `cs.LG`, announces; their facts come from the search. */
  | { readonly kind: 'announced'; readonly categories: readonly string[] }
  /** These papers. */
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  /** All that changed in a set (OAI-PMH). */
  | {
      readonly kind: 'harvest';
      /** Such as `cs:cs:LG`. */
      readonly set: string;
      /** Day of the first harvest; later ones go on where the last one ended. */
      readonly from?: string;
      /** Whether all versions of each paper are asked for; names then come in one line. */
      readonly versions?: boolean;
    };

/** Where sources are; tests have their own. */
export interface SourceAddresses {
  readonly query?: string;
  readonly harvest?: string;
  /** What stands before the categories. */
  readonly announcements?: string;
}

export interface SourceOptions {
  readonly signal?: AbortSignal;
  readonly addresses?: SourceAddresses;
  readonly clock?: { now(): number; wait(milliseconds: number, signal?: AbortSignal): Promise<void> };
}

export interface IngestOptions extends SourceOptions {
  /** Papers of a query at the most; all that arXiv gives, 30,000, unless said. */
  readonly limit?: number;
  readonly onProgress?: (progress: IngestProgress) => void;
  /** Told before each wait for a source that does not answer: how long, and why. */
  readonly onWait?: (milliseconds: number, reason: string) => void;
  /** From 0 to 1; spreads the tries of many clients. */
  readonly random?: () => number;
}

export interface IngestProgress {
  /** How far the list is, with what earlier runs did of it. */
  readonly done: number;
  /** Where the source says. */
  readonly total: number | undefined;
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
}

export interface IngestReport {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Whether it went on where an earlier one was stopped. */
  readonly resumed: boolean;
  /** Whether the list was through today already, and was not asked for again. */
  readonly upToDate: boolean;
  /** Entries of the query that arXiv does not give, beyond the first 30,000; absent where there are none. */
  readonly beyond?: number;
  /** Entries that could not be read, by their number in their answer, and ids that are not there, by theirs in the list. */
  readonly problems: readonly Problem[];
}

export interface SubmitOptions extends SourceOptions {
  /** Day on whose list the paper is put, today unless said. */
  readonly day?: string;
  /** Age at the most; 14 unless said. */
  readonly maxAgeDays?: number;
  /** Address of a picture or film about the paper. */
  readonly mediaUrl?: string;
}

export interface Feed {
  /** Subscriptions by mail, and what is sent to them. */
  readonly digest: Digest;
  /** Takes the built-in catalogue in: inserts, updates, never removes; lists its papers on `day`. */
  addCatalogue(papers: readonly CataloguePaper[], day: string): Promise<void>;
  /**
   * Imports a daily-papers page: its text, its HTML, or the JSON of its API.
   * @param options `savedOn`: the day it was saved, `YYYY-MM-DD`; dates without a year are the latest such day not after it
   * @throws ImportError when the bytes are no such page; the database is then unchanged.
   */
  importSavedPage(page: Uint8Array, options: { savedOn: string; name: string }): Promise<ImportReport>;
  /** Takes papers in from arXiv; goes on where it was stopped. @throws ImportError when the source refuses or is silent */
  ingest(source: IngestSource, options?: IngestOptions): Promise<IngestReport>;
  /** Takes one paper in from arXiv and lists it. @returns its id @throws ImportError where the rules refuse it */
  submit(arxivId: string, options?: SubmitOptions): Promise<string>;
  /** Takes one paper in from arXiv, of any age, and lists it nowhere. @returns its id @throws ImportError as `submit` */
  indexPaper(arxivId: string, options?: SourceOptions): Promise<string>;
  /** Accounts and what they do. */
  readonly people: People;
  /** A text that differs whenever anything in the feed has changed. */
  version(): Promise<string>;
  /**
   * The list of `date`, or of the last day before it that has papers; today when left out. Undefined: no list
   * that early.
   * @throws RangeError for a date that is no day.
   */
  day(date?: string, options?: DayOptions): Promise<DayList | undefined>;
  /** Days that have a list, newest first. */
  days(): Promise<readonly { readonly date: string; readonly count: number }[]>;
  /** Families and how many papers each has. */
  families(): Promise<readonly { readonly family: string; readonly count: number }[]>;
  /**
   * Papers for any text of a user, of which the first 250 characters count: words, "phrases", the last word
   * also half typed, an id or a title, or what a paper is about.
   * @throws RangeError for a bad limit, offset or day.
   */
  search(query: string, options?: SearchOptions): Promise<SearchResult>;
  /** The papers nearest to a paper (10 unless said), in this order. */
  similar(id: string, options?: { sort?: SimilarOrder; limit?: number }): Promise<SimilarPapers>;
  searchState(): Promise<SearchState>;
  /** Reads every paper that no model has read yet. Search answers meanwhile, and without it by words alone. */
  updateSearch(options?: UpdateSearchOptions): Promise<SearchUpdate>;
  /** Does so in the background until the feed is closed. */
  keepSearch(options: { onProblem: (error: unknown) => void; everyMilliseconds?: number }): void;
  /**
   * Papers that a query names.
   * @throws RangeError for a day that is none, and a limit or offset out of range
   */
  list(query: ListQuery): Promise<PaperPage>;
  /** A week or month that has papers, or the last earlier one; the present one when left out. Undefined: none that early. */
  period(kind: PeriodKind, name?: string): Promise<Period | undefined>;
  /** Venues and how many papers each has, the latest year first. */
  venues(): Promise<readonly { readonly venue: string; readonly count: number }[]>;
  /** Tags and how many papers each has, most first. */
  tags(options?: { limit?: number }): Promise<readonly { readonly tag: string; readonly count: number }[]>;
  /**
   * Takes note of something that makes a paper trend; it counts by its weight, less with time.
   * @param event `at` milliseconds since 1970, now unless said; with the `id` of an earlier event nothing happens
   */
  recordTrend(
    paperId: string,
    event: { id: string; kind: Trend['terms'][number]['kind']; weight: number; at?: number },
  ): Promise<void>;
  trend(paperId: string): Promise<Trend>;
  /** By arXiv id (with or without version), provisional id or slug. */
  paper(id: string): Promise<FeedPaper | undefined>;
  /**
   * Copies the embedded database as it is at one moment into a new file, while others use it.
   * @returns size of the file in bytes
   */
  backup(file: string): Promise<number>;
  close(): Promise<void>;
}
