import { type FeedPaper, maskFormulas, typeset } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import type { Card, Standing } from '../card.js';
import { experimentOf } from '../run/experiments.js';
import { sparkOf } from './spark.js';

/** Best first: the order of lists and tables sorted by it. */
const standings: readonly Standing[] = [
  'reproduced',
  'partly',
  'not reproduced',
  'runs here',
  'not implemented',
];

/** For sorting: papers with a verdict before runnable ones before the others. */
export const byStanding = (a: { standing: Standing }, b: { standing: Standing }): number =>
  standings.indexOf(a.standing) - standings.indexOf(b.standing);

export async function standingOf(
  { results }: Pick<Site, 'results'>,
  slug: string | undefined,
): Promise<Standing> {
  if (slug === undefined) return 'not implemented';
  const recorded = await results.of(slug);
  return recorded?.verdict ?? (experimentOf(slug) ? 'runs here' : 'not implemented');
}

/** What a list needs of a paper, and no more: abstracts stay on their pages. */
export async function cardOf(site: Site, paper: FeedPaper): Promise<Card> {
  const { id, title, family, publishedOn, authorCount, upvotes, commentCount } = paper;
  const recorded = paper.slug === undefined ? undefined : await site.results.of(paper.slug);
  const spark = recorded && sparkOf(recorded);
  const summary = paper.summary ?? (paper.abstract && firstSentence(paper.abstract));
  return {
    id,
    title: typeset(title),
    ...(summary && { summary: typeset(summary) }),
    ...(family && { family }),
    ...(publishedOn && { publishedOn }),
    ...(authorCount && { authorCount }),
    ...(upvotes > 0 && { upvotes }),
    ...(commentCount > 0 && { commentCount }),
    standing: await standingOf(site, paper.slug),
    ...(spark && { spark }),
  };
}

const longestSentence = 280;

/** The first sentence of a text, cut at a word where it is very long; never within a formula. */
export function firstSentence(text: string): string {
  const masked = maskFormulas(text.slice(0, 2000));
  const sentence = /^[\s\S]+?[.!?](?=\s+[^a-z\s]|\s*$)/.exec(masked)?.[0] ?? masked;
  if (sentence.length <= longestSentence) return text.slice(0, sentence.length);
  const kept = sentence.slice(0, longestSentence).replace(/\s+\S*$/, '');
  return `${text.slice(0, kept.length)} …`;
}
