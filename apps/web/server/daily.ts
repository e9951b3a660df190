import type { Feed, FeedPaper } from '@evenkeel/feed';

/**
 * A page of the daily list: of one day (or the last day before it that has papers), or of all days, newest first.
 * @param options `page` from 0, `limit` papers a page
 */
export async function dailyPage(
  feed: Feed,
  { date, page, limit }: { date: string | undefined; page: number; limit: number },
): Promise<{ papers: FeedPaper[]; more: boolean }> {
  const from = page * limit;
  const until = from + limit;
  if (date !== undefined) {
    const papers = (await feed.day(date))?.papers ?? [];
    return { papers: papers.slice(from, until), more: papers.length > until };
  }
  const found: FeedPaper[] = [];
  let start = 0;
  for (const day of await feed.days()) {
    const end = start + day.count;
    if (start < until && end > from) {
      const papers = (await feed.day(day.date))?.papers ?? [];
      found.push(...papers.slice(Math.max(0, from - start), until - start));
    }
    start = end;
  }
  return { papers: found, more: start > until };
}
