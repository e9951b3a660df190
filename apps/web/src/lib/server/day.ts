import { type DayList, periodOf } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import type { Card } from '../card.js';
import { familyName } from '../families.js';
import { byStanding, cardOf } from './cards.js';

const orders = ['votes', 'runs'] as const;

/**
 * A day, or the last one before it with papers, as its page shows it: filtered and sorted by the address (`?family=`,
 * `?sort=votes`, `?sort=runs`), without what whoever is signed in has hidden.
 * @param date the last day with papers unless said
 */
export async function findDay(
  { site, account }: App.Locals,
  parameters: URLSearchParams,
  date?: string,
): Promise<DayPage | undefined> {
  const day = await site.feed.day(date, { notHiddenBy: account?.id });
  return day && describeDay(site, day, parameters);
}

async function describeDay(site: Site, day: DayList, parameters: URLSearchParams) {
  const family = parameters.get('family') || undefined;
  const sort = orders.find((order) => order === parameters.get('sort'));
  const cards = await Promise.all(day.papers.map((paper) => cardOf(site, paper)));
  const shown = cards.filter((card) => !family || card.family === family);
  return {
    date: day.date,
    week: periodOf('week', day.date),
    month: periodOf('month', day.date),
    previous: day.previous,
    next: day.next,
    family,
    sort,
    families: countFamilies(day),
    total: cards.length,
    runnable: cards.filter(({ standing }) => standing !== 'not implemented').length,
    papers: sort ? shown.sort(sort === 'runs' ? byStanding : byVotes) : shown,
  };
}

export type DayPage = Awaited<ReturnType<typeof describeDay>>;

const byVotes = (a: Card, b: Card): number => (b.upvotes ?? 0) - (a.upvotes ?? 0);

/** Families of the day's papers by name, and how many papers each has. */
function countFamilies({ papers }: DayList): { family: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { family } of papers) if (family) counts.set(family, (counts.get(family) ?? 0) + 1);
  return [...counts]
    .map(([family, count]) => ({ family, count }))
    .sort((a, b) => familyName(a.family).localeCompare(familyName(b.family), 'en'));
}
