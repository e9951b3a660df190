import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openFeed } from '../feed.js';
import type { CataloguePaper, Feed, ImportReport } from '../types.js';

/** A folder that goes when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-feed-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty feed that closes when the test ends. */
export async function temporaryFeed(): Promise<Feed> {
  const feed = await openFeed({ dataDir: await temporaryFolder() });
  onTestFinished(() => feed.close());
  return feed;
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
