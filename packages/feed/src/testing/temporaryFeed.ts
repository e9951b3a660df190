import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { openDatabase } from '../database/open.js';
import type { Database } from '../database/schema.js';
import { type FeedLocation, openFeed } from '../feed.js';
import type { CataloguePaper, Feed, ImportReport } from '../types.js';

/** A folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-feed-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Where an empty feed can be opened until the test ends, on the engine that the tests run on. */
export async function temporaryLocation(): Promise<FeedLocation> {
  const dataDir = await temporaryFolder();
  const server = inject('postgresUrl');
  return server === undefined ? { dataDir } : { dataDir, databaseUrl: await temporaryDatabase(server) };
}

async function temporaryDatabase(server: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await atServer(server, `create database ${name}`);
  onTestFinished(() => dropDatabase(server, name));
  return Object.assign(new URL(server), { pathname: `/${name}` }).href;
}

/** Last in, first out: feeds opened there are closed by then, but the server may not have noticed yet. */
async function dropDatabase(server: string, name: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await atServer(server, `drop database ${name}`);
    } catch (error) {
      if (attempt === 50) throw error;
      await wait(20);
    }
  }
}

async function atServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** An empty feed that closes when the test ends. */
export async function temporaryFeed(): Promise<Feed> {
  const feed = await openFeed(await temporaryLocation());
  onTestFinished(() => feed.close());
  return feed;
}

/** An empty feed and, beside it, its database. */
export async function temporaryFeedWithDatabase(): Promise<{ feed: Feed; db: Kysely<Database> }> {
  const location = await temporaryLocation();
  const feed = await openFeed(location);
  const db = await openDatabase(location.databaseUrl ?? join(location.dataDir, 'evenkeel.db'));
  onTestFinished(async () => {
    await db.destroy();
    await feed.close();
  });
  return { feed, db };
}

export function cataloguePaper(paper: Partial<CataloguePaper> & { slug: string }): CataloguePaper {
  return {
    title: `Paper ${paper.slug}`,
    date: '2025-01-02',
    family: 'routing',
    summary: `About ${paper.slug}.`,
    ...paper,
  };
}

/** Imports a page's text as if it had been saved on `savedOn`. */
export function importText(feed: Feed, text: string, savedOn = '2025-12-11'): Promise<ImportReport> {
  return feed.importSavedPage(new TextEncoder().encode(text), { savedOn, name: 'page.txt' });
}

/** One paper as a saved page shows it. */
export function pageBlock(title: string, abstract = 'We try it.', date = 'May 21, 2024'): string {
  return `${title}\n\n${abstract}\n\n  • 3 authors\n·\n${date}\n\n`;
}
