import type { ListOrder, ListQuery } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import { cardOf } from './cards.js';

const perPage = 50;

/** Orders that a list offers, by their word in the address; the first is meant where there is none. */
export type Orders = readonly [ListOrder, ...ListOrder[]];

/** A page of a list as its address asks for it (`?sort=`, `?family=`, `?page=`). */
export async function describeList(
  site: Site,
  query: Pick<ListQuery, 'listed' | 'author' | 'tag' | 'venue' | 'notHiddenBy'>,
  orders: Orders,
  parameters: URLSearchParams,
) {
  const sort = orders.find((order) => order === parameters.get('sort')) ?? orders[0];
  const family = parameters.get('family') || undefined;
  const page = pageNumber(parameters.get('page'));
  const { total, papers } = await site.feed.list({
    ...query,
    ...(family && { family }),
    sort,
    limit: perPage,
    offset: (page - 1) * perPage,
  });
  return {
    total,
    page,
    pages: Math.max(1, Math.ceil(total / perPage)),
    sort,
    orders,
    family,
    families: (await site.feed.families()).map((each) => each.family),
    papers: await Promise.all(papers.map((paper) => cardOf(site, paper))),
  };
}

export type ListPage = Awaited<ReturnType<typeof describeList>>;

function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}
