import { isPeriod, type PeriodKind } from '@evenkeel/feed';
import { error } from '@sveltejs/kit';
import { describeList } from './list.js';

const orders = ['votes', 'list', 'newest', 'trending'] as const;

/**
 * A week or month, or the last one before it with papers, as its page shows it.
 * @param asked its name in the address
 * @param words an example of a name, and how one is read
 * @throws HttpError 404 for what is none, and where no papers are so early
 */
export async function findPeriod(
  { site, account }: App.Locals,
  kind: PeriodKind,
  asked: string,
  parameters: URLSearchParams,
  { example, format }: { example: string; format: (name: string) => string },
) {
  if (!isPeriod(kind, asked)) error(404, `“${asked}” is no ${kind}; one is written like ${example}.`);
  const period = await site.feed.period(kind, asked);
  if (!period) error(404, `No papers are listed here in or before ${format(asked)}.`);
  return {
    asked,
    period,
    list: await describeList(site, { listed: period, notHiddenBy: account?.id }, orders, parameters),
  };
}
