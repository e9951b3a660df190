import { fail } from '@sveltejs/kit';
import { attempt, requireAccount } from '$lib/server/forms.js';
import { readSession } from '$lib/server/session.js';
import { tellOfChange } from '$lib/server/signIn.js';
import { personalHeaders } from '$lib/server/subscriptions.js';
import type { Actions, PageServerLoad } from './$types.js';

/** Only shows a button: programs that look through mail follow links. */
export const load: PageServerLoad = async (event) => {
  event.setHeaders(personalHeaders);
  const { id } = requireAccount(event);
  return { email: await event.locals.site.feed.people.peekEmailChange(id, event.params.secret) };
};

export const actions = {
  default: async (event) => {
    const { id } = requireAccount(event);
    const { site } = event.locals;
    return attempt(async () => {
      const session = readSession(event) ?? '';
      const changed = await site.feed.people.changeEmail(id, event.params.secret, session);
      if (!changed) return fail(403, { problem: 'This link does not work any more.' });
      tellOfChange(site, changed, site.publicUrl ?? event.url.origin);
      return { changed: changed.to };
    });
  },
} satisfies Actions;
