import type { Typeset } from '@evenkeel/feed';
import { findPaper } from '@evenkeel/methods/papers';
import { error } from '@sveltejs/kit';
import { familyDescription, familyName } from '$lib/families.js';
import { byStanding, cardOf, firstSentence } from '$lib/server/cards.js';
import type { PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site }, params, url }) => {
  const { family } = params;
  const { papers } = await site.feed.list({ family, limit: 1000 });
  if (papers.length === 0) error(404, `No paper here is filed under “${family}”.`);
  const rows = await Promise.all(
    papers.map(async (paper) => {
      const { problem, cost } = (paper.slug && findPaper(paper.slug)?.paper.inOneMinute) || {};
      // Whole accounts of the cost are for the page of the paper.
      return { ...(await cardOf(site, paper)), problem, cost: cost && firstSentence(cost) };
    }),
  );
  const { sort, descending } = sortParameter(url.searchParams.get('sort'));
  const sorted = rows.sort(orders[sort]);
  return {
    family,
    name: familyName(family),
    about: familyDescription(family),
    families: (await site.feed.families()).map((each) => each.family),
    sort,
    descending,
    rows: descending ? sorted.reverse() : sorted,
  };
};

interface Sortable {
  readonly title: Typeset;
  readonly publishedOn?: string;
  readonly standing: Parameters<typeof byStanding>[0]['standing'];
}

const orders = {
  title: (a: Sortable, b: Sortable) => a.title.text.localeCompare(b.title.text, 'en'),
  date: (a: Sortable, b: Sortable) => (a.publishedOn ?? '').localeCompare(b.publishedOn ?? ''),
  verdict: byStanding,
};

/** `date`, or `-date` for the other way round; the newest first unless something else is asked. */
function sortParameter(text: string | null): { sort: keyof typeof orders; descending: boolean } {
  const [, minus, sort] = /^(-?)(title|date|verdict)$/.exec(text ?? '-date') ?? ['', '-', 'date'];
  return { sort: sort as keyof typeof orders, descending: minus === '-' };
}
