import { afterEach, expect, it, vi } from 'vitest';
import { cataloguePaper, importText, pageBlock, temporaryFeed } from './testing/temporaryFeed.js';

afterEach(() => {
  vi.useRealTimers();
});

async function feedOfThreeDays() {
  const feed = await temporaryFeed();
  await importText(feed, pageBlock('Knots') + pageBlock('Ropes'), '2025-12-05');
  await feed.addCatalogue(
    [
      cataloguePaper({ slug: 'boats', family: 'vision' }),
      cataloguePaper({ slug: 'sails', date: '2025-03-04' }),
    ],
    '2025-12-08',
  );
  await importText(feed, pageBlock('Knots'), '2025-12-11');
  return feed;
}

it('shows a day with the days before and after it', async () => {
  const feed = await feedOfThreeDays();
  const list = await feed.day('2025-12-08');
  expect(list).toMatchObject({ date: '2025-12-08', previous: '2025-12-05', next: '2025-12-11' });
  expect(list?.papers.map(({ slug }) => slug)).toEqual(['boats', 'sails']);
});

it('shows the last earlier day for a day without papers', async () => {
  const feed = await feedOfThreeDays();
  expect(await feed.day('2025-12-07')).toMatchObject({ date: '2025-12-05', next: '2025-12-08' });
  const last = await feed.day('2030-01-01');
  expect(last).toMatchObject({ date: '2025-12-11', previous: '2025-12-08' });
  expect(last).not.toHaveProperty('next');
});

it('has no list earlier than the first', async () => {
  expect(await (await feedOfThreeDays()).day('2025-12-04')).toBeUndefined();
  expect(await (await temporaryFeed()).day()).toBeUndefined();
});

it('shows today, or the last day before it, when no day is asked for', async () => {
  const feed = await feedOfThreeDays();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2025, 11, 9) });
  expect((await feed.day())?.date).toBe('2025-12-08');
});

it('keeps to the days and papers of a family', async () => {
  const feed = await feedOfThreeDays();
  const list = await feed.day('2025-12-11', { family: 'vision' });
  expect(list).toEqual({ date: '2025-12-08', papers: [expect.objectContaining({ slug: 'boats' })] });
  expect(await feed.day('2025-12-11', { family: 'none' })).toBeUndefined();
});

it('refuses what is no day', async () => {
  const feed = await temporaryFeed();
  await expect(feed.day('2025-02-30')).rejects.toThrow(
    'day: date: got "2025-02-30", expected a day as YYYY-MM-DD',
  );
});

it('lists days newest first with their number of papers', async () => {
  expect(await (await feedOfThreeDays()).days()).toEqual([
    { date: '2025-12-11', count: 1 },
    { date: '2025-12-08', count: 2 },
    { date: '2025-12-05', count: 2 },
  ]);
});

it('names the latest day on whose list a paper stands', async () => {
  const feed = await feedOfThreeDays();
  const papers = (await feed.day('2025-12-05'))?.papers.map(({ title, listedOn }) => [title, listedOn]);
  expect(papers).toEqual([
    ['Knots', '2025-12-11'],
    ['Ropes', '2025-12-05'],
  ]);
});

it('counts families, and lists the papers of one newest first', async () => {
  const feed = await feedOfThreeDays();
  await feed.addCatalogue([cataloguePaper({ slug: 'oars' })], '2025-12-08');
  expect(await feed.families()).toEqual([
    { family: 'routing', count: 2 },
    { family: 'vision', count: 1 },
  ]);
  expect((await feed.family('routing')).map(({ slug }) => slug)).toEqual(['sails', 'oars']);
  expect(await feed.family('none')).toEqual([]);
});

it('finds a paper by every id that leads to it', async () => {
  const feed = await temporaryFeed();
  await feed.addCatalogue(
    [
      cataloguePaper({ slug: 'new-id', arxivId: '2401.00001' }),
      cataloguePaper({ slug: 'old-id', arxivId: 'cs/9901002' }),
      cataloguePaper({ slug: 'no-id' }),
    ],
    '2025-12-11',
  );
  const slugOf = async (id: string) => (await feed.paper(id))?.slug;
  expect(await slugOf('2401.00001')).toBe('new-id');
  expect(await slugOf('2401.00001v3')).toBe('new-id');
  expect(await slugOf('cs/9901002')).toBe('old-id');
  expect(await slugOf('cs/9901002v1')).toBe('old-id');
  expect(await slugOf((await feed.paper('no-id'))?.id ?? '')).toBe('no-id');
  for (const id of ['', '2401.00009', 'p-0000000000000000', "no-id' or 1=1", 'no-id\0']) {
    expect(await slugOf(id)).toBeUndefined();
  }
});
