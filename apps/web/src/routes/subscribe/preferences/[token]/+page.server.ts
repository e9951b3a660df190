import { error } from '@sveltejs/kit';
import { personalHeaders, refused } from '$lib/server/subscriptions.js';
import { choicesFrom } from '../../../../../server/subscriptionForm.js';
import type { Actions, PageServerLoad } from './$types.js';

const gone = 'This link leads to no subscription: it is incomplete, or the subscription has ended.';

export const load: PageServerLoad = async ({ locals: { site }, params, setHeaders }) => {
  setHeaders(personalHeaders);
  const subscription = await site.feed.digest.subscription(params.token);
  if (!subscription) error(404, gone);
  return {
    subscription,
    families: (await site.feed.families()).map(({ family }) => family),
    mailOn: site.mail?.sendsDigest ?? false,
  };
};

export const actions: Actions = {
  async default({ request, locals: { site }, params }) {
    const form = await request.formData();
    try {
      const changed = await site.feed.digest.change(params.token, choicesFrom(form));
      if (!changed) error(404, gone);
      return { saved: true as const };
    } catch (problem) {
      return refused(problem, form);
    }
  },
};
