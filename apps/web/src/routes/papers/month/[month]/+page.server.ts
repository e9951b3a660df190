import { isPeriod } from '@evenkeel/feed';
import { error } from '@sveltejs/kit';
import { formatMonth } from '$lib/dates.js';
import { describeList } from '$lib/server/list.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals, params, url }) => {
  const { month } = params;
  if (!isPeriod('month', month)) error(404, `“${month}” is no month; one is written like 2025-02.`);
  const period = await locals.site.feed.period('month', month);
  if (!period) error(404, `No papers are listed here in or before ${formatMonth(month)}.`);
  const orders = ['votes', 'list', 'newest', 'trending'] as const;
  return {
    asked: month,
    period,
    list: await describeList(
      locals.site,
      { listed: period, notHiddenBy: locals.account?.id },
      orders,
      url.searchParams,
    ),
  };
};
