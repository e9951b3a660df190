import type { FeedPaper } from '@evenkeel/feed';
import { findPaper } from '@evenkeel/methods/papers';
import type { Site } from '@evenkeel/web/server';
import type { Card, Standing } from '../card.js';

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

export async function standingOf({ results }: Site, slug: string | undefined): Promise<Standing> {
  if (slug === undefined) return 'not implemented';
  const recorded = await results.of(slug);
  return recorded?.verdict ?? (findPaper(slug)?.experiment ? 'runs here' : 'not implemented');
}

/** What a list needs of a paper, and no more: abstracts stay on their pages. */
export async function cardOf(site: Site, paper: FeedPaper): Promise<Card> {
  const { id, title, family, publishedOn, authorCount } = paper;
  const summary = paper.summary ?? (paper.abstract && firstSentence(paper.abstract));
  return {
    id,
    title,
    ...(summary && { summary }),
    ...(family && { family }),
    ...(publishedOn && { publishedOn }),
    ...(authorCount && { authorCount }),
    standing: await standingOf(site, paper.slug),
  };
}

const longestSentence = 280;

/** The first sentence of a text, cut at a word where it is very long. */
export function firstSentence(text: string): string {
  const sentence = /^[\s\S]+?[.!?](?=\s+[^a-z\s]|\s*$)/.exec(text.slice(0, 2000))?.[0] ?? text;
  if (sentence.length <= longestSentence) return sentence;
  return `${sentence.slice(0, longestSentence).replace(/\s+\S*$/, '')} …`;
}
