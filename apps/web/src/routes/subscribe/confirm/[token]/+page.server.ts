import { personalHeaders } from '$lib/server/subscriptions.js';
import type { Actions, PageServerLoad } from './$types.js';

/** Shows only: programs that look into mails follow its links. */
export const load: PageServerLoad = async ({ locals: { site }, params, setHeaders }) => {
  setHeaders(personalHeaders);
  const asked = await site.feed.digest.confirmation(params.token);
  return { asked: asked && { address: asked.address, choices: asked.choices } };
};

export const actions: Actions = {
  async default({ locals: { site }, params }) {
    const confirmed = await site.feed.digest.confirm(params.token);
    if (!confirmed) return { confirmed: undefined };
    const { address, choices, nextAt, preferencesToken } = confirmed;
    return { confirmed: { address, choices, nextAt, preferencesToken } };
  },
};
