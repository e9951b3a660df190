import type { PaperRow } from '../database/schema.js';
import { type PaperRecord, withdrawnOn } from './record.js';
import { venueOf } from './venue.js';

/** Whether a record is of an earlier version than what is stored, by their numbers where both have one, else by days. */
export function isOlder(record: PaperRecord, paper: PaperRow): boolean {
  return record.version !== undefined && paper.version !== null
    ? record.version < paper.version
    : (record.updatedOn ?? '') < (paper.updated_on ?? '');
}

/** A paper with what a record says of it. */
export function withRecord(paper: PaperRow, record: PaperRecord): PaperRow {
  const official = paper.slug !== null;
  const older = isOlder(record, paper);
  const told = <T>(value: T | undefined, stored: T | null): T | null =>
    (older ? stored : undefined) ?? value ?? stored;
  return {
    ...paper,
    title: official || older ? paper.title : record.title,
    published_on: official ? paper.published_on : (record.publishedOn ?? paper.published_on),
    author_count: told(record.authors?.length || undefined, paper.author_count),
    abstract: told(record.abstract, paper.abstract),
    version: told(record.version, paper.version),
    updated_on: told(record.updatedOn, paper.updated_on),
    withdrawn_on: older
      ? paper.withdrawn_on
      : (withdrawnOn(record) ?? (record.updatedOn ? null : paper.withdrawn_on)),
    note: told(record.note, paper.note),
    journal_ref: told(record.journalReference, paper.journal_ref),
    // Case means nothing in them.
    doi: told(record.doi?.toLowerCase(), paper.doi),
    venue: told(venueOf(record), paper.venue),
    project_page: record.projectPage ?? paper.project_page,
    repository: official
      ? (paper.repository ?? record.repository ?? null)
      : (record.repository ?? paper.repository),
    stars: record.stars ?? paper.stars,
    upvotes: Math.max(paper.upvotes, (record.upvotes ?? 0) + paper.own_upvotes),
    comment_count: Math.max(paper.comment_count, (record.commentCount ?? 0) + paper.own_comments),
    ai_summary: record.aiSummary ?? paper.ai_summary,
    extra: record.extra ? withExtra(paper.extra, record.extra) : paper.extra,
  };
}

/** What was told before with what is told now; of addresses of pictures and films none is lost. */
function withExtra(stored: string | null, told: Readonly<Record<string, unknown>>): string {
  const before = stored === null ? {} : (JSON.parse(stored) as Readonly<Record<string, unknown>>);
  const media = [before.mediaUrls, told.mediaUrls].flatMap((urls) => (Array.isArray(urls) ? urls : []));
  return JSON.stringify({
    ...before,
    ...told,
    ...(media.length > 0 && { mediaUrls: [...new Set(media)] }),
  });
}
