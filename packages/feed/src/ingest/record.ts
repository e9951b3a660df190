import { cut } from '../text.js';
import type { PaperTag } from '../types.js';

/** A paper as a source tells it, read and cleaned; what the source does not say is absent. */
export interface PaperRecord {
  /** Without version. */
  readonly arxivId?: string;
  readonly title: string;
  readonly abstract?: string;
  readonly authors?: readonly string[];
  /** First publication, `YYYY-MM-DD`. */
  readonly publishedOn?: string;
  readonly updatedOn?: string;
  readonly version?: number;
  /** Versions and their days, where the source lists them. */
  readonly versions?: readonly { readonly version: number; readonly submittedOn: string }[];
  readonly tags?: readonly PaperTag[];
  /** The authors' remark on arXiv. */
  readonly note?: string;
  readonly journalReference?: string;
  readonly doi?: string;
  readonly projectPage?: string;
  readonly repository?: string;
  readonly stars?: number;
  readonly upvotes?: number;
  readonly commentCount?: number;
  readonly aiSummary?: string;
  /** Fields that have no place of their own. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Characters of each field at the most; the longest of arXiv are far below. */
const most = { title: 500, abstract: 10_000, name: 200, note: 2000, reference: 1000 };
const mostAuthors = 5000;
const mostTags = 100;

/** A record no part of which is longer than any that is real. */
export function bounded(record: PaperRecord): PaperRecord {
  const { title, abstract, authors, tags, note, journalReference, doi } = record;
  return {
    ...record,
    title: cut(title, most.title),
    ...(abstract !== undefined && { abstract: cut(abstract, most.abstract) }),
    ...(authors && { authors: authors.slice(0, mostAuthors).map((name) => cut(name, most.name)) }),
    ...(tags && { tags: tags.slice(0, mostTags) }),
    ...(note !== undefined && { note: cut(note, most.note) }),
    ...(journalReference !== undefined && { journalReference: cut(journalReference, most.reference) }),
    ...(doi !== undefined && { doi: cut(doi, most.name) }),
  };
}

/** Day on which the authors withdrew a paper: arXiv has no flag, only a newer version whose remark says so. */
export function withdrawnOn({ note, updatedOn, publishedOn }: PaperRecord): string | undefined {
  const says =
    /\b(?:this|the) (?:\w+ )?(?:paper|article|submission|manuscript|work|version|preprint)?\s*(?:has been|is|was) (?:\w+ )?withdrawn\b(?! from)|^(?:paper )?withdrawn\b(?! from)/i;
  return note !== undefined && says.test(note) ? (updatedOn ?? publishedOn) : undefined;
}
