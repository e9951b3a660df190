import { describe, expect, it } from 'vitest';
import { temporaryFeed, temporaryFeedWithDatabase } from '../testing/temporaryFeed.js';
import type { Feed } from '../types.js';

const hour = 3_600_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const [today, yesterday] = [dayOf(Date.now()), dayOf(Date.now() - 24 * hour)];

/** Imports a paper with these counts as a list of `listedOn` had them on `savedOn`. */
const see = (
  feed: Feed,
  counts: { upvotes?: number; githubStars?: number },
  { savedOn = today, listedOn = yesterday } = {},
) => {
  const item = {
    publishedAt: `${listedOn}T00:00:00.000Z`,
    paper: { id: '2512.00001', title: 'Boats', githubRepo: 'https://github.com/x/boats', ...counts },
  };
  return feed.importSavedPage(new TextEncoder().encode(JSON.stringify([item])), {
    savedOn,
    name: 'daily.json',
  });
};

describe('votes that an import brings', () => {
  it('count once, when the paper is first seen on the day of its list', async () => {
    const feed = await temporaryFeed();
    await see(feed, { upvotes: 12 });
    await see(feed, { upvotes: 12 });
    const [term] = (await feed.trend('2512.00001')).terms;
    expect(term).toMatchObject({ kind: 'upvote', events: 1 });
    const age = Date.now() - Date.parse(`${yesterday}T12:00:00Z`);
    expect(term?.score).toBeCloseTo(12 * Math.exp(-age / (48 * hour)), 2);
  });

  it('count by what they add, and an older file adds nothing', async () => {
    const { feed, db } = await temporaryFeedWithDatabase();
    for (const upvotes of [12, 15, 12, 15]) await see(feed, { upvotes });
    const events = await db.selectFrom('trend_event').select('weight').orderBy('weight').execute();
    expect(events.map(({ weight }) => weight)).toEqual([3, 12]);
  });

  it('of a list of long ago make nothing trend today', async () => {
    const feed = await temporaryFeed();
    await see(feed, { upvotes: 500 }, { listedOn: '2024-05-01', savedOn: '2024-05-02' });
    expect((await feed.trend('2512.00001')).score).toBeLessThan(1e-6);
  });
});

describe('stars that an import brings', () => {
  it('count 0.2 · ln(1 + stars) a day, the first number that is known not at all', async () => {
    const { feed, db } = await temporaryFeedWithDatabase();
    const weights = async () =>
      (await db.selectFrom('trend_event').select('weight').orderBy('at').execute()).map(
        ({ weight }) => weight,
      );
    await see(feed, { githubStars: 100 }, { savedOn: yesterday });
    expect(await weights()).toEqual([]);
    await see(feed, { githubStars: 110 }, { savedOn: yesterday });
    expect(await weights()).toEqual([expect.closeTo(0.2 * Math.log(11))]);
    await see(feed, { githubStars: 150 });
    await see(feed, { githubStars: 160 });
    const all = [expect.closeTo(0.2 * Math.log(11)), expect.closeTo(0.2 * Math.log(51))];
    expect(await weights()).toEqual(all);
    // The same files again, the older one first.
    for (const stars of [150, 160]) await see(feed, { githubStars: stars });
    expect(await weights()).toEqual(all);
    expect((await feed.trend('2512.00001')).terms).toMatchObject([{ kind: 'stars', events: 2 }]);
  });
});

it('keeps a log of every import, whatever it was of', async () => {
  const { feed, db } = await temporaryFeedWithDatabase();
  await see(feed, { upvotes: 1 });
  const page = '<html><a href="/papers/2512.00009">Canoes and kayaks</a></html>';
  await feed.importSavedPage(new TextEncoder().encode(page), { savedOn: today, name: 'page.html' });
  const log = await db.selectFrom('import_log').select(['name', 'added', 'day']).orderBy('name').execute();
  expect(log).toEqual([
    { name: 'daily.json', added: 1, day: yesterday },
    { name: 'page.html', added: 1, day: today },
  ]);
});
