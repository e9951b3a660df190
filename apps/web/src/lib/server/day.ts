import type { DayList } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import { familyName } from '../families.js';
import { byStanding, cardOf } from './cards.js';

/** One day as its page shows it, filtered and sorted by the address (`?family=`, `?sort=runs`). */
export async function describeDay(site: Site, day: DayList, parameters: URLSearchParams) {
  const family = parameters.get('family') || undefined;
  const sort = parameters.get('sort') === 'runs' ? ('runs' as const) : undefined;
  const cards = await Promise.all(day.papers.map((paper) => cardOf(site, paper)));
  const shown = cards.filter((card) => !family || card.family === family);
  return {
    date: day.date,
    previous: day.previous,
    next: day.next,
    family,
    sort,
    families: countFamilies(day),
    total: cards.length,
    runnable: cards.filter(({ standing }) => standing !== 'not implemented').length,
    papers: sort ? shown.sort(byStanding) : shown,
  };
}

export type DayPage = Awaited<ReturnType<typeof describeDay>>;

/** Families of the day's papers by name, and how many papers each has. */
function countFamilies({ papers }: DayList): { family: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { family } of papers) if (family) counts.set(family, (counts.get(family) ?? 0) + 1);
  return [...counts]
    .map(([family, count]) => ({ family, count }))
    .sort((a, b) => familyName(a.family).localeCompare(familyName(b.family), 'en'));
}
