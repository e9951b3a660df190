import { redirect } from '@sveltejs/kit';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import type { Actions, PageServerLoad } from './$types.js';

export const load: PageServerLoad = async (event) => {
  const { id, isAdmin } = requireAccount(event);
  const { submission, feed } = event.locals.site;
  const claims = await feed.people.claims(id);
  const isAuthor = claims.some(({ state }) => state === 'claimed_verified' || state === 'admin_assigned');
  const may = isAdmin || isAuthor || !submission.requireClaim;
  return { ...submission, may, commentsOn: await feed.people.commentsOn() };
};

export const actions = {
  default: async (event) => {
    const { id } = requireAccount(event);
    const { submission, feed, intake } = event.locals.site;
    const form = await event.request.formData();
    return attempt(async () => {
      await feed.people.checkSubmission(id, submission);
      const paper = await intake.submit(field(form, 'arxivId'), field(form, 'mediaUrl') || undefined);
      await feed.people.recordSubmission(id, paper);
      const comment = field(form, 'comment');
      if (comment) await feed.people.addComment(id, paper, comment);
      redirect(303, `/papers/${paper}`);
    });
  },
} satisfies Actions;
