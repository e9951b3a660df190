import type { FeedPaper, Follow } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import { redirect } from '@sveltejs/kit';
import { cardOf } from '$lib/server/cards.js';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import type { Actions, PageServerLoad } from './$types.js';

/** Papers shown of each. */
const shown = 5;

export const load: PageServerLoad = async (event) => {
  const { id } = requireAccount(event);
  const { site } = event.locals;
  const follows = await site.feed.people.follows(id);
  return {
    follows: await Promise.all(
      follows.map(async (follow) => ({
        ...follow,
        papers: await Promise.all((await newest(site, follow, id)).map((paper) => cardOf(site, paper))),
      })),
    ),
  };
};

async function newest(
  { feed }: Site,
  { kind, value }: Follow,
  notHiddenBy: string,
): Promise<readonly FeedPaper[]> {
  if (kind === 'search') return (await feed.search(value, { limit: shown })).hits.map(({ paper }) => paper);
  const query = kind === 'author' ? { author: value } : { family: value };
  return (await feed.list({ ...query, notHiddenBy, sort: 'newest', limit: shown })).papers;
}

export const actions = {
  follow: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    return attempt(async () => {
      await event.locals.site.feed.people.follow(
        id,
        field(form, 'kind') as Follow['kind'],
        field(form, 'value'),
      );
      redirect(303, '/following');
    });
  },
  unfollow: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    await event.locals.site.feed.people.unfollow(id, field(form, 'follow'));
    redirect(303, '/following');
  },
} satisfies Actions;
