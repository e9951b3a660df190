import type { SimilarOrder } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import { cardOf } from './cards.js';

const orders: readonly SimilarOrder[] = ['similarity', 'newest', 'votes'];
const shown = 8;

/** The papers nearest to a paper, in the order that its address asks for (`?similar=`). */
export async function describeSimilar(site: Site, id: string, parameters: URLSearchParams) {
  const sort = orders.find((order) => order === parameters.get('similar')) ?? 'similarity';
  const { model, papers } = await site.feed.similar(id, { sort, limit: shown });
  return {
    sort,
    model,
    papers: await Promise.all(
      papers.map(async ({ paper }) => ({ ...(await cardOf(site, paper)), upvotes: paper.upvotes })),
    ),
  };
}

export type Similar = Awaited<ReturnType<typeof describeSimilar>>;
