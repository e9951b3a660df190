import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Connection from 'libsql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ImportError } from '../errors.js';
import { openFeed } from '../feed.js';
import {
  cataloguePaper,
  importText,
  pageBlock,
  temporaryFeed,
  temporaryFolder,
} from '../testing/temporaryFeed.js';

const fixture = await readFile(new URL('../testing/saved-page.txt', import.meta.url), 'utf8');

describe('importing a saved page', () => {
  it('adds its papers to the list of its day, in the order of the page', async () => {
    const feed = await temporaryFeed();
    const report = await importText(feed, fixture);
    expect(report).toMatchObject({ date: '2025-12-11', blocks: 12, added: 12, updated: 0, unchanged: 0 });
    expect(report.problems).toHaveLength(9);
    const list = await feed.day('2025-12-11');
    expect(list?.papers.map(({ title }) => title).slice(0, 3)).toEqual([
      'Paper Boats: Folding Networks that Float',
      'Tidal Schedules for Learning Rates',
      'A Harbour Without a Clock',
    ]);
    expect(list?.papers[3]).toEqual({
      id: expect.stringMatching(/^p-[0-9a-f]{16}$/),
      title: 'Lanterns for $\\alpha$-Divergences: AdaL$^2$N and its Cousins',
      abstract: expect.stringMatching(/^Lanterns light/),
      publishedOn: '2025-01-20',
      authorCount: 4,
      authors: [],
      tags: [],
      upvotes: 0,
      commentCount: 2,
      listedOn: '2025-12-11',
    });
  });

  it('changes nothing the second time', async () => {
    const feed = await temporaryFeed();
    await importText(feed, fixture);
    const before = await feed.day();
    expect(await importText(feed, fixture)).toMatchObject({ added: 0, updated: 0, unchanged: 12 });
    expect(await feed.day()).toEqual(before);
  });

  it('updates a paper that a later page knows more of, and lists it on both days', async () => {
    const feed = await temporaryFeed();
    await importText(feed, pageBlock('Paper Boats', 'Soon.', 'May 21, 2024'), '2025-12-10');
    const report = await importText(feed, pageBlock('Paper boats!', 'At length.', 'May 21, 2024 3'));
    expect(report).toMatchObject({ added: 0, updated: 1, unchanged: 0 });
    const paper = (await feed.day())?.papers[0];
    expect(paper).toMatchObject({ title: 'Paper boats!', abstract: 'At length.', commentCount: 3 });
    expect(await feed.days()).toEqual([
      { date: '2025-12-11', count: 1 },
      { date: '2025-12-10', count: 1 },
    ]);
  });

  it('gives a catalogue paper its abstract and keeps the catalogue facts', async () => {
    const feed = await temporaryFeed();
    const title = 'AdaL2N: Lanterns for α-Divergences';
    await feed.addCatalogue(
      [cataloguePaper({ slug: 'lanterns', title, arxivId: '2401.00001', authorCount: 5 })],
      '2025-12-11',
    );
    const page = pageBlock('ADAL$^2$N: lanterns for $\\alpha$-divergences', 'They light the way.', 'Jan 7 2');
    expect(await importText(feed, page)).toMatchObject({ added: 0, updated: 1 });
    expect(await feed.paper('2401.00001')).toMatchObject({
      title,
      slug: 'lanterns',
      publishedOn: '2025-01-02',
      authorCount: 5,
      abstract: 'They light the way.',
      commentCount: 2,
    });
    expect((await feed.day())?.papers).toHaveLength(1);
  });

  it('keeps an older title as a paper of its own', async () => {
    const feed = await temporaryFeed();
    await feed.addCatalogue([cataloguePaper({ slug: 'ropes', title: 'Ropes, Revised' })], '2025-12-11');
    expect(await importText(feed, pageBlock('Ropes, First Draft'))).toMatchObject({ added: 1 });
    expect((await feed.day())?.papers.map(({ title }) => title)).toEqual([
      'Ropes, First Draft',
      'Ropes, Revised',
    ]);
  });

  it('is written down in the log', async () => {
    const dataDir = await temporaryFolder();
    const feed = await openFeed({ dataDir });
    onTestFinished(() => feed.close());
    await importText(feed, fixture);
    const log = new Connection(join(dataDir, 'evenkeel.db'));
    onTestFinished(() => void log.close());
    expect(log.prepare('select * from import_log').all([])).toEqual([
      expect.objectContaining({ name: 'page.txt', day: '2025-12-11', blocks: 12, added: 12 }),
    ]);
  });
});

describe('what is no page is refused and changes nothing', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  it.each([
    ['an empty file', bytes(''), /an empty file/],
    ['prose', bytes('Call me Ishmael.\n\nI went to sea.'), /text without any line/],
    ['NUL bytes', bytes(`${fixture}\0`), /binary data/],
    ['bytes that are no UTF-8', Uint8Array.of(...bytes(fixture), 0xff), /no UTF-8/],
    ['more than 8 MB', bytes(fixture.repeat(6000)), /bytes, expected at most 8388608/],
    ['100 MB', Buffer.alloc(100 * 1024 * 1024, 0xff), /got 104857600 bytes/],
  ])('%s', async (_, page, reason) => {
    const feed = await temporaryFeed();
    await importText(feed, pageBlock('Paper Boats'));
    const before = await feed.day();
    const refused = feed.importSavedPage(page, { savedOn: '2025-12-11', name: 'page.txt' });
    const error = await refused.then(
      () => undefined,
      (reasonGiven: unknown) => reasonGiven,
    );
    expect(error).toBeInstanceOf(ImportError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).not.toMatch(/\n/);
    expect(await feed.days()).toEqual([{ date: '2025-12-11', count: 1 }]);
    expect(await feed.day()).toEqual(before);
  });
});

// A real page is not part of the repository; whoever has one names it.
const savedPage = process.env.EVENKEEL_SAVED_PAGE;
if (savedPage === undefined) console.info('A real page is not read: EVENKEEL_SAVED_PAGE names no file.');
else it('reads all 37 papers of the real page', () => readRealPage(savedPage));

async function readRealPage(file: string) {
  const feed = await temporaryFeed();
  const page = await readFile(file);
  const report = await feed.importSavedPage(page, { savedOn: '2025-12-11', name: 'page.txt' });
  expect(report).toMatchObject({ date: '2025-12-11', blocks: 37, added: 37 });
  expect(report.problems.map(({ line }) => line)).toEqual([29, 241]);
  const again = await feed.importSavedPage(page, { savedOn: '2025-12-11', name: 'page.txt' });
  expect(again).toMatchObject({ added: 0, updated: 0, unchanged: 37 });
  const papers = (await feed.day())?.papers ?? [];
  expect(papers.filter(({ commentCount }) => commentCount === 2)).toHaveLength(3);
  expect(papers.filter(({ publishedOn }) => publishedOn === undefined)).toHaveLength(2);
}
