import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { today } from './calendar.js';
import { addCatalogue } from './catalogue.js';
import { backUp, restore } from './database/backup.js';
import { dataVersion } from './database/engine.js';
import { isAddress, openDatabase } from './database/open.js';
import type { Database } from './database/schema.js';
import { openDigest } from './digest/digest.js';
import { importSavedPage } from './import/importSavedPage.js';
import { ingest } from './ingest/ingest.js';
import { indexPaper, submit } from './ingest/submit.js';
import { dayList, findPeriod, listedDays, listFamilies, listPapers, listTags, listVenues } from './lists.js';
import { resolveId, selectPapers, toFeedPapers } from './papers.js';
import { openPeople, type PeopleOptions } from './people/people.js';
import { Meaning, type MeaningOptions } from './search/meaning.js';
import { Searcher } from './search/search.js';
import { recordTrend, trendOf } from './trending.js';
import type { Feed, FeedPaper } from './types.js';
import { unchangedAnswers } from './unchanged.js';

const databaseName = 'evenkeel.db';

/** Where a feed's data lie. */
export interface FeedLocation extends MeaningOptions {
  /** Folder of the embedded database; made when missing. */
  readonly dataDir: string;
  /** Address of a PostgreSQL database (15 or newer) that takes the place of the embedded one. */
  readonly databaseUrl?: string | undefined;
}

/**
 * Opens a feed; what is missing is created. Several processes may have it open.
 * @throws Error when the folder cannot be made, or the database cannot be opened or is from a newer version.
 */
export async function openFeed(location: FeedLocation, options: PeopleOptions = {}): Promise<Feed> {
  const db = await openDatabaseOf(location);
  const meaning = new Meaning(db, location);
  const searcher = new Searcher(db, meaning);
  const remember = unchangedAnswers(db);
  const findNew = async (query: string, newSince: string) =>
    (await searcher.search(query, { newSince, limit: 120, by: 'words' })).hits.map(({ paper }) => paper);
  const findInList = async (query: string, readingListOf: string) =>
    (await searcher.search(query, { readingListOf, limit: 120 })).hits.map(({ paper }) => paper.id);
  return {
    addCatalogue: (papers, day) => addCatalogue(db, papers, day),
    ingest: (source, options) => ingest(db, source, options),
    submit: (arxivId, options) => submit(db, arxivId, options),
    indexPaper: (arxivId, options) => indexPaper(db, arxivId, options),
    people: openPeople(db, findInList, options),
    importSavedPage: (page, options) => importSavedPage(db, page, options),
    version: () => dataVersion(db),
    day: (date = today(), options = {}) => remember(['day', date, options], () => dayList(db, date, options)),
    days: () => listedDays(db),
    list: (query) => remember(['list', query], () => listPapers(db, query)),
    period: (kind, name) => findPeriod(db, kind, name),
    tags: (options) => listTags(db, options),
    venues: () => listVenues(db),
    recordTrend: (paperId, event) => recordTrend(db, paperId, event),
    trend: (paperId) => trendOf(db, paperId),
    families: () => listFamilies(db),
    search: (query, options) => searcher.search(query, options),
    similar: (id, options) => searcher.similar(id, options),
    searchState: () => meaning.state(),
    updateSearch: (options) => meaning.update(options),
    keepSearch: ({ onProblem, everyMilliseconds = 10_000 }) => meaning.watch(onProblem, everyMilliseconds),
    paper: (id) => findPaper(db, id),
    digest: openDigest(db, location.dataDir, findNew),
    backup: (file) => backUp(db, file),
    async close() {
      await meaning.close();
      await db.destroy();
    },
  };
}

/**
 * Puts a backup in the place of the embedded database of a data folder that nobody has open.
 * @returns path that the database which was there has now; undefined where there was none
 * @throws Error when the backup is no such database; nothing has changed then
 */
export async function restoreFeed(
  { dataDir }: Pick<FeedLocation, 'dataDir'>,
  backup: string,
): Promise<string | undefined> {
  try {
    return await restore(backup, join(dataDir, databaseName));
  } catch (error) {
    throw new Error(`restoreFeed: ${backup}: ${reasonOf(error)}`, { cause: error });
  }
}

async function openDatabaseOf({ dataDir, databaseUrl }: FeedLocation): Promise<Kysely<Database>> {
  if (databaseUrl !== undefined) return openServerDatabase(databaseUrl);
  try {
    await mkdir(dataDir, { recursive: true });
    return await openDatabase(join(dataDir, databaseName));
  } catch (error) {
    throw new Error(`openFeed: dataDir: ${join(dataDir, databaseName)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function openServerDatabase(databaseUrl: string): Promise<Kysely<Database>> {
  if (!isAddress(databaseUrl)) {
    throw new Error(
      'openFeed: databaseUrl: expected an address such as postgresql://user@host:5432/database',
    );
  }
  try {
    return await openDatabase(databaseUrl);
  } catch (error) {
    // Without the address: it may hold a password.
    throw new Error(`openFeed: databaseUrl: ${reasonOf(error)}`, { cause: error });
  }
}

/** One line; a connection that fails at several addresses has its reasons inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

async function findPaper(db: Kysely<Database>, id: string): Promise<FeedPaper | undefined> {
  const stored = await resolveId(db, id);
  if (stored === undefined) return undefined;
  const [paper] = await toFeedPapers(db, await selectPapers(db).where('paper.id', '=', stored).execute());
  return paper;
}
