import { type FeedPaper, parseArxivId, typeset } from '@evenkeel/feed';
import { findPaper } from '@evenkeel/methods/papers';
import { error, redirect } from '@sveltejs/kit';
import { standingOf } from '$lib/server/cards.js';
import { describeExperiment } from '$lib/server/experiment.js';
import { paperActions } from '$lib/server/paperActions.js';
import { describePeople } from '$lib/server/paperPeople.js';
import { describeSimilar } from '$lib/server/similar.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ params, locals, url }) => {
  // Elsewhere the feed itself stands at /papers, and its search at /papers?q=.
  if (!params.id) redirect(307, url.searchParams.has('q') ? `/search${url.search}` : '/');
  const { feed, results } = locals.site;
  const paper = await feed.paper(params.id);
  if (!paper) {
    const how = parseArxivId(params.id) ? ' Search for the id to take it in from arXiv.' : '';
    error(404, `No paper here has the id “${params.id}”.${how}`);
  }
  if (paper.id !== params.id) redirect(307, `/papers/${paper.id}${url.search}`);
  const standing = await standingOf(locals.site, paper.slug);
  const people = await describePeople(locals, paper.id);
  const similar = await describeSimilar(locals.site, paper.id, url.searchParams);
  const shown = {
    paper: { ...paper, abstract: undefined },
    words: wordsOf(paper),
    standing,
    people,
    similar,
  };
  if (!paper.slug) return shown;
  return {
    ...shown,
    about: findPaper(paper.slug)?.paper,
    experiment: await describeExperiment(paper.slug),
    results: await results.of(paper.slug),
  };
};

/** What a paper says, as its page shows it. */
const wordsOf = ({ title, summary, abstract }: FeedPaper) => ({
  title: typeset(title),
  ...(summary && { summary: typeset(summary) }),
  ...(abstract && { abstract: typeset(abstract) }),
});

export const actions = paperActions;
