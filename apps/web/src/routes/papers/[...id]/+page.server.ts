import { findPaper } from '@evenkeel/methods/papers';
import { error, redirect } from '@sveltejs/kit';
import { standingOf } from '$lib/server/cards.js';
import { describeExperiment } from '$lib/server/experiment.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ params, locals, url }) => {
  // Elsewhere the feed itself stands at /papers, and its search at /papers?q=.
  if (!params.id) redirect(307, url.searchParams.has('q') ? `/search${url.search}` : '/');
  const { feed, results } = locals.site;
  const paper = await feed.paper(params.id);
  if (!paper) error(404, `No paper here has the id “${params.id}”.`);
  if (paper.id !== params.id) redirect(307, `/papers/${paper.id}${url.search}`);
  const standing = await standingOf(locals.site, paper.slug);
  if (!paper.slug) return { paper, standing };
  return {
    paper,
    standing,
    about: findPaper(paper.slug)?.paper,
    experiment: await describeExperiment(paper.slug),
    results: await results.of(paper.slug),
  };
};
