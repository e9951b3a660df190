import { fail, redirect } from '@sveltejs/kit';
import { localPath } from '$lib/server/forms.js';
import { keepSession, readSession } from '$lib/server/session.js';
import type { Actions, PageServerLoad } from './$types.js';

/**
 * Only shows a button: programs that look through mail follow links. Without any referrer, its form would come from nowhere
 * and be refused.
 */
export const load: PageServerLoad = async ({ locals, params, setHeaders }) => {
  setHeaders({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' });
  return { email: await locals.site.feed.people.peekSignIn(params.secret) };
};

export const actions = {
  default: async (event) => {
    const { locals, params, url } = event;
    const session = await locals.site.feed.people.signIn(params.secret, readSession(event));
    if (session === undefined) return fail(403, { problem: 'This link does not work any more.' });
    keepSession(event, session);
    redirect(303, localPath(url.searchParams.get('next')));
  },
} satisfies Actions;
