import type { SearchOptions } from '@evenkeel/feed';
import { isDay, parseArxivId } from '@evenkeel/feed';
import { redirect } from '@sveltejs/kit';
import { cardOf } from '$lib/server/cards.js';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import { passageOf } from '$lib/server/passages.js';
import { slugsThatRun } from '$lib/server/runs.js';
import type { Actions, PageServerLoad } from './$types.js';

const perPage = 20;
const longestQuery = 250;
/** Milliseconds for which a slow model is waited for while somebody types; the page asks again a little later. */
const typingPatience = 30;

export const load: PageServerLoad = async ({ locals: { site }, url, isDataRequest }) => {
  const query = (url.searchParams.get('q') ?? '').trim().slice(0, longestQuery);
  const filters = filtersOf(url.searchParams);
  const page = pageNumber(url.searchParams.get('page'));
  const families = (await site.feed.families()).map((each) => each.family);
  const venues = (await site.feed.venues()).map((each) => each.venue);
  if (!query) return { query, filters, families, venues };
  const options: SearchOptions = {
    family: filters.family,
    author: filters.author,
    tag: filters.tag,
    venue: filters.venue,
    from: filters.from,
    to: filters.to,
    ...(filters.runs && { slugs: slugsThatRun() }),
    limit: perPage,
    offset: (page - 1) * perPage,
    ...(isDataRequest && { within: typingPatience }),
  };
  const { total, hits, index, model, corrected } = await site.feed.search(query, options);
  const state = await site.feed.searchState();
  const arxivId = parseArxivId(query);
  const papers = await Promise.all(
    hits.map(async ({ paper, snippet }) => {
      const passage = passageOf(paper, snippet);
      return { ...(await cardOf(site, paper)), ...(passage && { passage }) };
    }),
  );
  return {
    query,
    filters,
    families,
    venues,
    /** An arXiv id that is not here and can be taken in. */
    missing: arxivId !== undefined && !(await site.feed.paper(arxivId)) ? arxivId : undefined,
    found: {
      total,
      index,
      model,
      corrected,
      /** Whether a better model was too slow for this answer. */
      late: isDataRequest && state.model !== undefined && index === 'hybrid' && state.model.name !== model,
      /** Share of the papers whose meaning is known, where that is not all. */
      known: state.embedded < state.papers ? state.embedded / state.papers : undefined,
      papers,
      page,
      pages: Math.ceil(total / perPage),
    },
  };
};

export const actions = {
  /** Takes a paper in from arXiv, of any age, and lists it nowhere. */
  index: async (event) => {
    const { id } = requireAccount(event);
    const { feed, intake } = event.locals.site;
    const arxivId = field(await event.request.formData(), 'arxivId');
    return attempt(async () => {
      const known = await feed.paper(arxivId);
      if (known) redirect(303, `/papers/${known.id}`);
      await feed.people.checkSubmission(id, { requireClaim: false });
      const paper = await intake.index(arxivId);
      await feed.people.recordSubmission(id, paper);
      redirect(303, `/papers/${paper}`);
    });
  },
} satisfies Actions;

/** What an address says of the papers that count; what is no day is left out. */
function filtersOf(parameters: URLSearchParams) {
  const words = (name: string) => parameters.get(name)?.trim().slice(0, 200) || undefined;
  const day = (name: string) => {
    const text = parameters.get(name);
    return text !== null && isDay(text) ? text : undefined;
  };
  return {
    family: words('family'),
    author: words('author'),
    tag: words('tag'),
    venue: words('venue'),
    from: day('from'),
    to: day('to'),
    runs: parameters.get('runs') === 'here',
  };
}

function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}
