import { expect, it } from 'vitest';
import { temporaryFeed, temporaryFeedWithDatabase } from '../testing/temporaryFeed.js';
import type { Feed } from '../types.js';

const importDocument = (feed: Feed, document: string) =>
  feed.importSavedPage(new TextEncoder().encode(document), { savedOn: '2025-12-11', name: 'page' });

const wrapped = {
  title: 'Boats',
  publishedAt: '2025-12-10T03:00:00.000Z',
  numComments: 3,
  thumbnail: 'https://example.org/x.png',
  isAuthorParticipating: false,
  paper: {
    id: '2512.00001',
    title: 'Boats',
    summary: 'They float.',
    authors: [
      { _id: 'a', name: 'Ada', hidden: false },
      { name: 'Bo', hidden: true },
    ],
    publishedAt: '2025-12-08T18:00:00.000Z',
    upvotes: 12,
    githubRepo: 'https://github.com/x/boats',
    githubStars: 5,
    ai_keywords: ['hulls', 'keels'],
    ai_summary: 'Boats float.',
    mediaUrls: ['https://example.org/v.mp4', 'javascript:alert(1)', 7],
    projectName: 'Keels',
  },
};

it('reads items of the API, wrapped and flat, on the day in New York on which they were listed', async () => {
  const { feed, db } = await temporaryFeedWithDatabase();
  const flat = {
    id: '2512.00002',
    title: 'Rafts',
    upvotes: 1,
    submittedOnDailyAt: '2025-12-11T00:00:00.000Z',
  };
  const report = await importDocument(feed, JSON.stringify([wrapped, flat]));
  expect(report).toMatchObject({ blocks: 2, added: 2, problems: [] });
  expect(await feed.paper('2512.00001')).toEqual({
    id: '2512.00001',
    arxivId: '2512.00001',
    title: 'Boats',
    abstract: 'They float.',
    authors: ['Ada'],
    authorCount: 1,
    publishedOn: '2025-12-08',
    listedOn: '2025-12-09',
    upvotes: 12,
    commentCount: 3,
    repository: 'https://github.com/x/boats',
    stars: 5,
    aiSummary: 'Boats float.',
    mediaUrls: ['https://example.org/v.mp4'],
    tags: [
      { tag: 'hulls', kind: 'keyword' },
      { tag: 'keels', kind: 'keyword' },
    ],
  });
  expect((await feed.paper('2512.00002'))?.listedOn).toBe('2025-12-11');
  const { extra } = await db
    .selectFrom('paper')
    .select('extra')
    .where('id', '=', '2512.00001')
    .executeTakeFirstOrThrow();
  expect(JSON.parse(extra!)).toMatchObject({ projectName: 'Keels', thumbnail: 'https://example.org/x.png' });
});

it('reads a saved page by the data that it was drawn from, else by its links', async () => {
  const feed = await temporaryFeed();
  const data = JSON.stringify({ dailyPapers: [wrapped], dateString: '2025-12-09' });
  const escaped = data.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const page = `<!doctype html><html><body><div data-target="DailyPapers" data-props="${escaped}"></div></body></html>`;
  expect(await importDocument(feed, page)).toMatchObject({ blocks: 1, added: 1 });
  const links =
    '<html><a href="/papers/2512.00009"><img></a><h3><a href="/papers/2512.00009#x">Canoes &amp; kayaks</a></h3></html>';
  expect(await importDocument(feed, links)).toMatchObject({ added: 1, date: '2025-12-11' });
  expect((await feed.paper('2512.00009'))?.title).toBe('Canoes & kayaks');
});

it('names items that it cannot read, and links to no address that is none', async () => {
  const feed = await temporaryFeed();
  const odd = [
    { title: '' },
    'x',
    { title: 'Odd', id: '../../etc' },
    { title: 'Fine', githubRepo: 'javascript:alert(1)', upvotes: -5, authors: 'none' },
  ];
  const report = await importDocument(feed, JSON.stringify(odd));
  expect(report.problems.map(({ line }) => line)).toEqual([1, 2, 3]);
  const [fine] = (await feed.list({})).papers;
  expect(fine).toMatchObject({ title: 'Fine', upvotes: 0, authors: [] });
  expect(fine).not.toHaveProperty('repository');
});

it.each([
  ['{"a": 1}', 'a document without a list of papers'],
  ['[1, 2', 'a text that is no JSON'],
  ['<html><body>Nothing</body></html>', 'HTML without papers'],
])('refuses %s', async (document, message) => {
  const feed = await temporaryFeed();
  await expect(importDocument(feed, document)).rejects.toThrow(message);
});

it('takes one paper of two items for one, whichever of them has the id', async () => {
  const items = [
    { title: 'Keels', summary: 'First.' },
    { title: 'Keels', id: '2512.00007' },
    { title: 'Masts', id: '2512.00008', authors: [{ name: 'Ada' }] },
    { title: 'Masts', summary: 'Second.', authors: [{ name: 'Bo' }] },
    { title: 'Masts', id: '2512.00009' },
  ];
  const feed = await temporaryFeed();
  const report = await importDocument(feed, JSON.stringify(items));
  expect(report).toMatchObject({ blocks: 5, added: 3, updated: 2, problems: [] });
  const day = await feed.day('2025-12-11');
  expect(day?.papers.map(({ id }) => id)).toEqual(['2512.00007', '2512.00008', '2512.00009']);
  expect(await feed.paper('2512.00007')).toMatchObject({ abstract: 'First.' });
  expect(await feed.paper('2512.00008')).toMatchObject({ abstract: 'Second.', authors: ['Bo'] });
  expect((await feed.search('first')).total).toBe(1);
  expect((await feed.search('keels')).total).toBe(1);
});
