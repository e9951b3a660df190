import { fail, redirect } from '@sveltejs/kit';
import { attempt, field, localPath } from '$lib/server/forms.js';
import { asksTooOften, sendLink, signInWay } from '$lib/server/signIn.js';
import type { Actions, PageServerLoad } from './$types.js';

export const load: PageServerLoad = ({ locals, url }) => {
  if (locals.account) redirect(303, localPath(url.searchParams.get('next')));
  const { mail, publicUrl } = locals.site;
  // Whoever runs the site has said how to send mail, but not where links lead.
  return { next: localPath(url.searchParams.get('next')), lacksAddress: mail !== undefined && !publicUrl };
};

export const actions = {
  /** The answer is the same whether an address is known, unknown, blocked or asked for too often. */
  default: async (event) => {
    const { site } = event.locals;
    const way = signInWay(site, event);
    if (!way) return fail(403, { problem: 'Nobody can sign in on this site.' });
    if (asksTooOften(site, event.getClientAddress())) {
      return fail(429, {
        problem: 'Too many links were asked for from your computer; try again in a quarter of an hour.',
      });
    }
    const form = await event.request.formData();
    return attempt(async () => {
      const link = await site.feed.people.requestSignIn(field(form, 'email'));
      if (link) {
        const url = new URL(`/sign-in/${link.secret}`, site.publicUrl ?? event.url.origin);
        const next = localPath(field(form, 'next'));
        if (next !== '/account') url.searchParams.set('next', next);
        sendLink(site, way, { to: link.email, link: url.href, purpose: 'sign in' });
      }
      return { sent: true };
    });
  },
} satisfies Actions;
