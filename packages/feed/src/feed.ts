import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { addCatalogue } from './catalogue.js';
import { openDatabase } from './database/open.js';
import type { Database } from './database/schema.js';
import { importSavedPage } from './import/importSavedPage.js';
import { dayList, familyList, listedDays, listFamilies } from './lists.js';
import { resolveId, selectPapers, toFeedPapers } from './papers.js';
import { search } from './search/search.js';
import type { Feed, FeedPaper } from './types.js';

const databaseName = 'evenkeel.db';

/**
 * Opens the feed of a data folder; both are created when missing. Several processes may have one folder open.
 * @throws Error when the folder cannot be made, or its database cannot be opened or is from a newer version.
 */
export async function openFeed({ dataDir }: { dataDir: string }): Promise<Feed> {
  const db = await openDatabaseIn(dataDir);
  return {
    addCatalogue: (papers, day) => addCatalogue(db, papers, day),
    importSavedPage: (page, options) => importSavedPage(db, page, options),
    day: (date, options) => dayList(db, date, options),
    days: () => listedDays(db),
    family: (family) => familyList(db, family),
    families: () => listFamilies(db),
    search: (query, options) => search(db, query, options),
    paper: (id) => findPaper(db, id),
    close: () => db.destroy(),
  };
}

async function openDatabaseIn(dataDir: string): Promise<Kysely<Database>> {
  try {
    await mkdir(dataDir, { recursive: true });
    return await openDatabase(join(dataDir, databaseName));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`openFeed: dataDir: ${join(dataDir, databaseName)}: ${reason}`, { cause: error });
  }
}

async function findPaper(db: Kysely<Database>, id: string): Promise<FeedPaper | undefined> {
  const stored = await resolveId(db, id);
  if (stored === undefined) return undefined;
  const [paper] = await toFeedPapers(db, await selectPapers(db).where('paper.id', '=', stored).execute());
  return paper;
}
