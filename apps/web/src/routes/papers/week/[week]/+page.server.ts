import { isPeriod } from '@evenkeel/feed';
import { error } from '@sveltejs/kit';
import { formatWeek } from '$lib/dates.js';
import { describeList } from '$lib/server/list.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals, params, url }) => {
  const { week } = params;
  if (!isPeriod('week', week)) error(404, `“${week}” is no week; one is written like 2025-W09.`);
  const period = await locals.site.feed.period('week', week);
  if (!period) error(404, `No papers are listed here in or before ${formatWeek(week)}.`);
  const orders = ['votes', 'list', 'newest', 'trending'] as const;
  return {
    asked: week,
    period,
    list: await describeList(
      locals.site,
      { listed: period, notHiddenBy: locals.account?.id },
      orders,
      url.searchParams,
    ),
  };
};
