import { error } from '@sveltejs/kit';
import { describeList } from '$lib/server/list.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site }, params, url }) => {
  const { tag } = params;
  const list = await describeList(site, { tag }, ['newest', 'votes', 'trending'], url.searchParams);
  if (list.total === 0 && !list.family) error(404, `No paper here has the tag “${tag}”.`);
  return { tag, list };
};
