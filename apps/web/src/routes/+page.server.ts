import { describeDay } from '$lib/server/day.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site }, url }) => {
  const day = await site.feed.day();
  return { day: day && (await describeDay(site, day, url.searchParams)) };
};
