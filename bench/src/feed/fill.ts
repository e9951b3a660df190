import { type FeedLocation, openFeed } from '@evenkeel/feed';
import { drawer, type MadeCorpus } from '../search/corpus.js';

/** Papers in one import, and on the list of one day. */
const [importSize, perDay] = [2000, 100];
export const lastDay = '2025-12-01';

/** The day so many days before the last. */
export const dayBefore = (days: number): string =>
  new Date(Date.parse(lastDay) - days * 86_400_000).toISOString().slice(0, 10);

/** Takes made-up papers in as lists of days, 2,000 papers a time, the newest last. @returns papers a second */
export async function fill(location: FeedLocation, { papers, common }: MadeCorpus): Promise<number> {
  const site = await openFeed(location);
  const draw = drawer(3);
  const tag = () => common[Math.floor(draw() * 100)]!;
  let milliseconds = 0;
  try {
    for (let from = 0; from < papers.length; from += importSize) {
      const items = papers.slice(from, from + importSize).map((paper, index) => {
        const day = dayBefore(Math.floor((papers.length - 1 - from - index) / perDay));
        return {
          title: paper.title,
          submittedOnDailyAt: `${day}T00:00:00.000Z`,
          paper: {
            ...paper,
            publishedAt: `${day}T10:00:00.000Z`,
            upvotes: Math.floor(200 * draw() ** 3),
            ai_keywords: [tag(), tag()],
          },
        };
      });
      const page = new TextEncoder().encode(JSON.stringify(items));
      const start = performance.now();
      await site.importSavedPage(page, { savedOn: lastDay, name: `papers ${from}` });
      milliseconds += performance.now() - start;
    }
  } finally {
    await site.close();
  }
  return (1000 * papers.length) / milliseconds;
}
