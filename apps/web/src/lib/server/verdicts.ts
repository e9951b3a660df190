import { mainComparison } from '@evenkeel/lab';
import { examples, papers } from '@evenkeel/methods/papers';
import type { Site } from '@evenkeel/web/server';
import { standingOf } from './cards.js';
import { oncePerResults } from './oncePerResults.js';

const comparisonOf = oncePerResults(mainComparison);

/** Every built-in paper with its verdict and what it rests on, in the order of the registry. */
export async function listVerdicts(site: Site) {
  const { results, feed } = site;
  return Promise.all(
    papers.map(async ({ slug, title, family, arxivId }) => {
      const recorded = await results.of(slug);
      const claim = recorded?.claims.find(({ verdict }) => verdict !== 'not tested here');
      return {
        id: (await feed.paper(slug))?.id ?? arxivId ?? slug,
        title,
        family,
        standing: await standingOf(site, slug),
        claim: claim?.statement,
        comparison: recorded && comparisonOf(recorded),
      };
    }),
  );
}

/** The reference experiments with their verdicts. */
export const listExamples = (site: Site) =>
  Promise.all(
    examples.map(async ({ slug, title, summary }) => ({
      slug,
      title,
      summary,
      standing: await standingOf(site, slug),
    })),
  );
