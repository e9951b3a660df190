import { describeList } from '$lib/server/list.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals, url }) => {
  const list = await describeList(
    locals.site,
    { notHiddenBy: locals.account?.id },
    ['trending'],
    url.searchParams,
  );
  const trends = await Promise.all(
    list.papers.map(async ({ id }) => [id, await locals.site.feed.trend(id)] as const),
  );
  return { list, trends: Object.fromEntries(trends) };
};
