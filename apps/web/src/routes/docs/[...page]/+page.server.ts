import { error } from '@sveltejs/kit';
import { documentationOf } from '$lib/server/documentation.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ params: { page } }) => {
  const documentation = await documentationOf(page);
  if (!documentation) error(404, `The documentation has no page “${page}”.`);
  return { page, ...documentation };
};
