import { createHash, randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { write } from '../database/engine.js';
import type { Database, PaperRow } from '../database/schema.js';
import { ImportError } from '../errors.js';
import { isProvisionalId, provisionalId } from '../identifiers.js';
import { isDailyJson, parseDailyPapers, storeDailyPapers } from '../ingest/dailyPapers.js';
import { isHtml, parseSavedHtml } from '../ingest/savedHtml.js';
import { dayOrder, setDayOrder } from '../lists.js';
import { newPaper, paperByTitle, samePaper, savePaper } from '../papers.js';
import { indexPapers } from '../search/document.js';
import { cleanLine, cut } from '../text.js';
import type { ImportReport } from '../types.js';
import { parseSavedPage, type SavedBlock, type SavedPage } from './savedPage.js';

/** Largest page, in bytes; a day takes about 60 KB. */
const largestPage = 8 * 1024 * 1024;

type Change = 'added' | 'updated' | 'unchanged';

/**
 * Imports a daily-papers page saved as text, HTML or JSON, in one transaction.
 * @throws ImportError when the bytes are no such page, before anything is written.
 */
export async function importSavedPage(
  db: Kysely<Database>,
  page: Uint8Array,
  options: { savedOn: string; name: string },
): Promise<ImportReport> {
  const name = cut(cleanLine(cut(options.name, 1000)), 200);
  const text = decode(page, name);
  const store = readerOf(text, options.savedOn);
  const digest = createHash('sha256').update(page).digest('hex');
  return write(db, async (transaction) => {
    const report = await store(transaction);
    await transaction
      .insertInto('import_log')
      .values({
        id: randomUUID(),
        name,
        digest,
        day: report.date,
        imported_at: new Date().toISOString(),
        blocks: report.blocks,
        added: report.added,
        updated: report.updated,
        unchanged: report.unchanged,
        problems: JSON.stringify(report.problems),
      })
      .execute();
    return report;
  });
}

/** Reads a page, and gives what stores it. @throws ImportError for a text that is no such page */
function readerOf(
  text: string,
  savedOn: string,
): (transaction: Transaction<Database>) => Promise<ImportReport> {
  if (!isDailyJson(text) && !isHtml(text)) {
    const saved = parseSavedPage(text, { savedOn });
    return (transaction) => storePage(transaction, saved);
  }
  const { items, problems, date }: ReturnType<typeof parseSavedHtml> = isHtml(text)
    ? parseSavedHtml(text)
    : parseDailyPapers(text);
  return async (transaction) => ({
    ...(await storeDailyPapers(transaction, items, { day: date ?? savedOn, savedOn })),
    problems,
  });
}

/** The text of a page; its size is looked at before anything is decoded. */
function decode(page: Uint8Array, name: string): string {
  const refuse = (got: string, expected: string): never => {
    throw new ImportError(`importSavedPage: ${name}: got ${got}, expected ${expected}`);
  };
  if (page.byteLength > largestPage) refuse(`${page.byteLength} bytes`, `at most ${largestPage}`);
  if (page.byteLength === 0) refuse('an empty file', 'a daily-papers page saved as text');
  if (page.includes(0)) refuse('binary data', 'a daily-papers page saved as text in UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(page);
  } catch {
    return refuse('bytes that are no UTF-8', 'a daily-papers page saved as text in UTF-8');
  }
}

async function storePage(db: Kysely<Database>, page: SavedPage): Promise<ImportReport> {
  const listed = await dayOrder(db, page.date);
  const ids: string[] = [];
  const changed: string[] = [];
  const count: Record<Change, number> = { added: 0, updated: 0, unchanged: 0 };
  for (const block of page.blocks) {
    const { id, change } = await storeBlock(db, block);
    const isNewlyListed = !listed.includes(id) && !ids.includes(id);
    count[change === 'unchanged' && isNewlyListed ? 'updated' : change]++;
    ids.push(id);
    if (change !== 'unchanged') changed.push(id);
  }
  await indexPapers(db, [...new Set(changed)]);
  await setDayOrder(db, page.date, [...new Set([...ids, ...listed])]);
  return { date: page.date, blocks: page.blocks.length, ...count, problems: page.problems };
}

async function storeBlock(db: Kysely<Database>, block: SavedBlock): Promise<{ id: string; change: Change }> {
  const before = await paperByTitle(db, block.title);
  const after = withBlock(before ?? newPaper(provisionalId(block.title), block.title), block);
  if (before && samePaper(before, after)) return { id: after.id, change: 'unchanged' };
  await savePaper(db, after);
  return { id: after.id, change: before ? 'updated' : 'added' };
}

/**
 * A paper with what a page says of it. Where a better source has been (the catalogue, or whoever knew the
 * arXiv id), the page only fills gaps; a page never takes a comment away.
 */
function withBlock(paper: PaperRow, block: SavedBlock): PaperRow {
  const official = paper.slug !== null || !isProvisionalId(paper.id);
  const publishedOn = block.publishedOn ?? null;
  const authorCount = block.authorCount ?? null;
  return {
    ...paper,
    title: official ? paper.title : block.title,
    published_on: official ? (paper.published_on ?? publishedOn) : (publishedOn ?? paper.published_on),
    author_count: official ? (paper.author_count ?? authorCount) : (authorCount ?? paper.author_count),
    abstract: block.abstract ?? paper.abstract,
    comment_count: Math.max(paper.comment_count, block.commentCount + paper.own_comments),
  };
}
