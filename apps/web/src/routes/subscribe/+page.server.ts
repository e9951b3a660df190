import type { Account, Choices, Follow } from '@evenkeel/feed';
import type { Site } from '@evenkeel/web/server';
import { fail } from '@sveltejs/kit';
import { consentVersion } from '$lib/digest/consent.js';
import { usualChoices } from '$lib/digest/plainChoices.js';
import { refused } from '$lib/server/subscriptions.js';
import { choicesFrom } from '../../../server/subscriptionForm.js';
import type { Actions, PageServerLoad } from './$types.js';

export const load: PageServerLoad = async ({ locals: { site, account } }) => ({
  families: (await site.feed.families()).map(({ family }) => family),
  ...(account ? await offerFor(site, account) : { address: '', choices: usualChoices }),
  mailOn: site.mail?.sendsDigest ?? false,
  controller: site.mail?.settings.controller,
});

/** A reader who is signed in is offered what they follow. */
async function offerFor(
  { feed }: Site,
  { id, email }: Account,
): Promise<{ address: string; choices: Choices }> {
  const follows = await feed.people.follows(id);
  const values = (kind: Follow['kind'], most: number) =>
    follows
      .filter((follow) => follow.kind === kind)
      .map(({ value }) => value)
      .slice(0, most);
  const topics = {
    families: values('family', 40),
    tags: [],
    authors: values('author', 40),
    searches: values('search', 5),
  };
  return { address: email, choices: { ...usualChoices, topics } };
}

export const actions: Actions = {
  async default({ request, locals: { site }, getClientAddress }) {
    const form = await request.formData();
    const address = String(form.get('address') ?? '').slice(0, 300);
    const choices = choicesFrom(form);
    const visitor = getClientAddress();
    if (!site.attempts.allow(visitor)) {
      const problem = 'Too many requests came from your network; try again in an hour.';
      return fail(429, { problem, address, choices });
    }
    try {
      await site.feed.digest.subscribe({ address, choices, formVersion: consentVersion, visitor });
    } catch (error) {
      return refused(error, form, address);
    }
    // Not waited for: how long a mail takes would tell whether one is sent.
    site.mail?.notifySoon();
    return { done: true as const };
  },
};
