import { error } from '@sveltejs/kit';
import { cardOf } from '$lib/server/cards.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site }, params }) => {
  const profile = await site.feed.people.profile(params.name);
  if (!profile) error(404, `Nobody here has the name “${params.name}”.`);
  const claims = (await site.feed.people.claims(profile.id)).filter(
    ({ state, hidden }) => !hidden && (state === 'claimed_verified' || state === 'admin_assigned'),
  );
  const papers = await Promise.all(claims.map(({ paperId }) => site.feed.paper(paperId)));
  const found = papers.filter((paper) => paper !== undefined);
  return { profile, papers: await Promise.all(found.map((paper) => cardOf(site, paper))) };
};
