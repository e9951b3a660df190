import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { atom, entry, settings, source } from './ingest/testing/arxiv.js';
import { cataloguePaper, importText, pageBlock, temporaryFeed } from './testing/temporaryFeed.js';
import type { PaperPage } from './types.js';

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
  const routing = await feed.list({ family: 'routing' });
  expect(routing.papers.map(({ slug }) => slug)).toEqual(['sails', 'oars']);
  expect(await feed.list({ family: 'none' })).toEqual({ total: 0, papers: [] });
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

const titlesOf = ({ papers }: PaperPage) => papers.map(({ title }) => title);

describe('list', () => {
  it('has the papers of some days, days newest first and in their order', async () => {
    const feed = await feedOfThreeDays();
    const listed = { from: '2025-12-05', to: '2025-12-08' };
    expect(titlesOf(await feed.list({ listed, sort: 'list' }))).toEqual([
      'Paper boats',
      'Paper sails',
      'Knots',
      'Ropes',
    ]);
    expect(titlesOf(await feed.list({ sort: 'list' }))[0]).toBe('Knots');
  });

  it('pages through all of them, each once', async () => {
    const feed = await feedOfThreeDays();
    for (const sort of ['list', 'newest', 'votes', 'trending'] as const) {
      const pages = [0, 2, 4].map((offset) => feed.list({ sort, limit: 2, offset }));
      const titles = (await Promise.all(pages)).flatMap(titlesOf);
      expect(new Set(titles), sort).toEqual(new Set(['Paper boats', 'Paper sails', 'Knots', 'Ropes']));
      expect(titles, sort).toHaveLength(4);
    }
  });

  it('puts undated papers last among the newest', async () => {
    const feed = await temporaryFeed();
    await importText(feed, `Undated\n\nWithout a day.\n\n${pageBlock('Dated')}`);
    expect(titlesOf(await feed.list({}))).toEqual(['Dated', 'Undated']);
  });

  it.each([
    [{ listed: { from: '2025-13-01', to: '2025-12-31' } }, /list: listed.from: got "2025-13-01"/],
    [{ limit: 0 }, /list: limit: got 0, expected an integer from 1 to 1000/],
    [{ offset: -1 }, /list: offset: got -1/],
  ])('refuses %j', async (query, message) => {
    await expect((await temporaryFeed()).list(query)).rejects.toThrow(message);
  });
});

describe('period', () => {
  it('is a week or month with papers, with its neighbours', async () => {
    const feed = await feedOfThreeDays();
    expect(await feed.period('week', '2025-W50')).toEqual({
      name: '2025-W50',
      from: '2025-12-08',
      to: '2025-12-14',
      previous: '2025-W49',
    });
    expect(await feed.period('week', '2025-W49')).toMatchObject({ name: '2025-W49', next: '2025-W50' });
    expect(await feed.period('month', '2026-03')).toMatchObject({ name: '2025-12', to: '2025-12-31' });
    expect(await feed.period('month', '2025-11')).toBeUndefined();
  });

  it.each([
    ['week', '2025-W53'],
    ['week', '2025-12-08'],
    ['month', '2025-13'],
  ] as const)('refuses %s %s', async (kind, name) => {
    await expect((await temporaryFeed()).period(kind, name)).rejects.toThrow(
      `period: ${kind}: got "${name}"`,
    );
  });
});

describe('trend', () => {
  const hour = 3_600_000;

  async function trendingFeed() {
    const feed = await temporaryFeed();
    await feed.addCatalogue(
      ['early', 'late', 'quiet'].map((slug) => cataloguePaper({ slug })),
      '2025-12-11',
    );
    const idOf = async (slug: string) => (await feed.paper(slug))!.id;
    return { feed, early: await idOf('early'), late: await idOf('late') };
  }

  it('orders by decayed weight, whatever the moment, and is made of its terms', async () => {
    const { feed, early, late } = await trendingFeed();
    const now = Date.now();
    await feed.recordTrend(early, { id: 'a', kind: 'upvote', weight: 1, at: now - 60 * hour });
    await feed.recordTrend(early, { id: 'b', kind: 'upvote', weight: 1, at: now - 48 * hour });
    await feed.recordTrend(late, { id: 'c', kind: 'upvote', weight: 1, at: now });
    expect(titlesOf(await feed.list({ sort: 'trending' }))).toEqual([
      'Paper late',
      'Paper early',
      'Paper quiet',
    ]);
    const trend = await feed.trend(early);
    expect(trend.score).toBeCloseTo(Math.exp(-60 / 48) + Math.exp(-1), 4);
    expect(trend.terms).toEqual([{ kind: 'upvote', events: 2, score: trend.score }]);
    await feed.recordTrend(early, { id: 'd', kind: 'comment', weight: 0.5, at: now });
    expect(titlesOf(await feed.list({ sort: 'trending' }))[0]).toBe('Paper early');
  });

  it('leaves out what its authors have withdrawn', async () => {
    const { feed } = await trendingFeed();
    const withdrawn = '<arxiv:comment>This paper has been withdrawn</arxiv:comment>';
    const { addresses } = await source((_, response) => response.end(atom(1, [entry(1, withdrawn)])));
    await feed.ingest({ kind: 'query', query: 'all:boat' }, settings(addresses));
    await feed.recordTrend('2512.00001', { id: 'a', kind: 'upvote', weight: 9 });
    const trending = await feed.list({ sort: 'trending' });
    expect(titlesOf(trending)).not.toContain('Boat number 1');
    expect(trending.total).toBe(3);
    expect(titlesOf(await feed.list({}))).toContain('Boat number 1');
  });

  it('counts an event once', async () => {
    const { feed, early } = await trendingFeed();
    const event = { id: 'run', kind: 'reproduced', weight: 2, at: Date.now() } as const;
    await feed.recordTrend(early, event);
    await feed.recordTrend(early, event);
    expect((await feed.trend(early)).score).toBeCloseTo(2, 4);
  });

  it('is the law S ← S exp(-Δt / τ) + w at any times', async () => {
    const { feed, early, late } = await trendingFeed();
    const start = Date.now() - 100 * hour;
    const events = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 100 }),
        weight: fc.double({ min: 0.1, max: 5, noNaN: true }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    let count = 0;
    const add = async (paper: string, list: { at: number; weight: number }[]) => {
      for (const { at, weight } of list) {
        count++;
        await feed.recordTrend(paper, {
          id: `event ${count}`,
          kind: 'upvote',
          weight,
          at: start + at * hour,
        });
      }
    };
    const all: Record<string, { at: number; weight: number }[]> = { [early]: [], [late]: [] };
    await fc.assert(
      fc.asyncProperty(events, events, async (first, second) => {
        await add(early, first);
        await add(late, second);
        all[early]!.push(...first);
        all[late]!.push(...second);
        const score = (id: string) =>
          all[id]!.reduce((sum, { at, weight }) => sum + weight * Math.exp((at - 100) / 48), 0);
        const expected = score(early) > score(late) ? 'Paper early' : 'Paper late';
        expect(titlesOf(await feed.list({ sort: 'trending', limit: 1 }))).toEqual([expected]);
      }),
      { numRuns: 15 },
    );
  });

  it('refuses a weight that is none', async () => {
    const { feed, early } = await trendingFeed();
    const event = { id: 'x', kind: 'upvote', weight: Number.NaN } as const;
    await expect(feed.recordTrend(early, event)).rejects.toThrow('recordTrend: weight: got NaN');
  });
});
