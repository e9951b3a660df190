import { error } from '@sveltejs/kit';
import { describeList } from '$lib/server/list.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site }, params, url }) => {
  const { name: author } = params;
  const list = await describeList(site, { author }, ['newest', 'votes', 'trending'], url.searchParams);
  if (list.total === 0 && !list.family) error(404, `No paper here has the author “${author}”.`);
  return { author, list };
};
