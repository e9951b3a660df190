import type { Feed } from '@evenkeel/feed';
import type { Results } from '@evenkeel/lab';

const reproducedWeight = 2;

/** Lets a paper trend, once, for having been reproduced here, from the moment of its run on. */
export async function recordReproduced(
  feed: Feed,
  slug: string,
  { verdict, finishedAt }: Pick<Results, 'verdict' | 'finishedAt'>,
): Promise<void> {
  const paper = verdict === 'reproduced' ? await feed.paper(slug) : undefined;
  if (!paper) return;
  const at = Math.min(Date.now(), Date.parse(finishedAt));
  await feed.recordTrend(paper.id, {
    id: `reproduced ${slug}`,
    kind: 'reproduced',
    weight: reproducedWeight,
    at,
  });
}
