import type { ReadingState } from '@evenkeel/feed';
import { cardOf } from '$lib/server/cards.js';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import type { Actions, PageServerLoad } from './$types.js';

const states: readonly ReadingState[] = ['unread', 'read', 'hidden'];
const longestQuery = 250;

export const load: PageServerLoad = async (event) => {
  const { id } = requireAccount(event);
  const { site } = event.locals;
  const { searchParams } = event.url;
  const shown = states.find((state) => state === searchParams.get('state')) ?? 'unread';
  const query = (searchParams.get('q') ?? '').trim().slice(0, longestQuery);
  const list = await site.feed.people.readingList(id, { query });
  return {
    query,
    shown,
    counts: states.map((state) => ({ state, count: list.filter((entry) => entry.state === state).length })),
    entries: await Promise.all(
      list
        .filter(({ state }) => state === shown)
        .map(async ({ paper, state, note }) => ({ card: await cardOf(site, paper), state, note })),
    ),
  };
};

export const actions = {
  default: async (event) => {
    const { id } = requireAccount(event);
    const { people } = event.locals.site.feed;
    const form = await event.request.formData();
    const [paper, state, note] = [field(form, 'paper'), field(form, 'state'), form.get('note')];
    return attempt(async () => {
      if (state === 'none') await people.dropReading(id, paper);
      else {
        await people.setReading(id, paper, {
          ...(state !== '' && { state: state as ReadingState }),
          ...(typeof note === 'string' && { note }),
        });
      }
      return { done: true };
    });
  },
} satisfies Actions;
