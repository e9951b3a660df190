import { examples } from '@evenkeel/methods/papers';
import { error } from '@sveltejs/kit';
import { experimentMeta } from '$lib/run/meta.js';
import { standingOf } from '$lib/server/cards.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ params: { slug }, locals: { site } }) => {
  const example = examples.find((each) => each.slug === slug);
  if (!example) error(404, `No reference experiment here is named “${slug}”.`);
  const { title, summary, experiment } = example;
  return {
    slug,
    title,
    summary,
    standing: await standingOf(site, slug),
    experiment: experimentMeta(await experiment()),
    results: await site.results.of(slug),
  };
};
