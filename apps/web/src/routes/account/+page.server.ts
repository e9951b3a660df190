import { readableText } from '@evenkeel/feed';
import { fail, type RequestEvent, redirect } from '@sveltejs/kit';
import { describeSchedule } from '$lib/digest/words.js';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import { dropSession, readSession } from '$lib/server/session.js';
import { asksTooOften, sendLink, signInWay } from '$lib/server/signIn.js';
import type { Actions, PageServerLoad } from './$types.js';

export const load: PageServerLoad = async (event) => {
  const account = requireAccount(event);
  const { people, digest } = event.locals.site.feed;
  const subscription = await digest.subscriptionOf(account.email);
  return {
    profile: account,
    digest: subscription && {
      state: subscription.state,
      schedule: describeSchedule(subscription.choices),
      preferences: `/subscribe/preferences/${subscription.preferencesToken}`,
    },
    tokens: await people.tokens(account.id),
    claims: (await people.claims(account.id)).map((claim) => ({
      ...claim,
      paperTitle: readableText(claim.paperTitle),
    })),
  };
};

async function leave(event: RequestEvent, everywhere: boolean): Promise<never> {
  const session = readSession(event);
  if (session !== undefined) await event.locals.site.feed.people.signOut(session, { everywhere });
  dropSession(event);
  redirect(303, '/');
}

export const actions = {
  profile: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    const [name, fullName] = [field(form, 'name'), field(form, 'fullName')];
    const [about, orcid] = [field(form, 'about'), field(form, 'orcid')];
    return attempt(async () => {
      await event.locals.site.feed.people.updateProfile(id, { name, fullName, about, orcid });
      return { done: 'Your profile is saved.' };
    });
  },
  /** The answer is the same whether an account has the address or not. */
  email: async (event) => {
    const { id } = requireAccount(event);
    const { site } = event.locals;
    const way = signInWay(site, event);
    if (!way) return fail(403, { problem: 'Mail is off on this site.' });
    if (asksTooOften(site, event.getClientAddress())) {
      return fail(429, { problem: 'Too many links were asked for; try again in a quarter of an hour.' });
    }
    const form = await event.request.formData();
    return attempt(async () => {
      const { secret, email } = await site.feed.people.requestEmailChange(id, field(form, 'email'));
      const link = new URL(`/account/email/${secret}`, site.publicUrl ?? event.url.origin).href;
      sendLink(site, way, { to: email, link, purpose: 'change your address' });
      return { done: `A link is on its way to ${email}; open it while you are signed in.` };
    });
  },
  createToken: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    return attempt(async () => ({
      token: await event.locals.site.feed.people.createToken(id, field(form, 'label')),
    }));
  },
  revokeToken: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    await event.locals.site.feed.people.revokeToken(id, field(form, 'token'));
    return { done: 'The token is revoked.' };
  },
  hideClaim: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    const hide = field(form, 'hide') === 'yes';
    await event.locals.site.feed.people.hideClaim(id, field(form, 'claim'), hide);
    return { done: hide ? 'The paper is left out of your profile.' : 'The paper is in your profile.' };
  },
  signOut: (event) => leave(event, false),
  signOutEverywhere: (event) => leave(event, true),
  delete: async (event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    if (field(form, 'sure') !== 'yes') return fail(400, { problem: 'Tick the box to delete your account.' });
    await event.locals.site.feed.people.deleteAccount(id);
    dropSession(event);
    redirect(303, '/');
  },
} satisfies Actions;
