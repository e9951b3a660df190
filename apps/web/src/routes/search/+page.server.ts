import { cardOf } from '$lib/server/cards.js';
import type { PageServerLoad } from './$types.js';

const perPage = 20;
const longestQuery = 250;

export const load: PageServerLoad = async ({ locals: { site }, url }) => {
  const query = (url.searchParams.get('q') ?? '').trim().slice(0, longestQuery);
  const family = url.searchParams.get('family') || undefined;
  const page = pageNumber(url.searchParams.get('page'));
  const families = (await site.feed.families()).map((each) => each.family);
  if (!query) return { query, family, families };
  const { total, hits, index } = await site.feed.search(query, {
    ...(family && { family }),
    limit: perPage,
    offset: (page - 1) * perPage,
  });
  const papers = await Promise.all(
    hits.map(async ({ paper, snippet }) => ({ ...(await cardOf(site, paper)), snippet })),
  );
  return {
    query,
    family,
    families,
    found: { total, index, papers, page, pages: Math.ceil(total / perPage) },
  };
};

function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}
