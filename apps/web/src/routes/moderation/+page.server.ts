import { readableText } from '@evenkeel/feed';
import { error, type RequestEvent } from '@sveltejs/kit';
import { commentHtml } from '$lib/server/comments.js';
import { attempt, field, requireAccount } from '$lib/server/forms.js';
import type { Actions, PageServerLoad } from './$types.js';

/** Others do not learn that there is such a page. */
function requireAdmin(event: Pick<RequestEvent, 'locals' | 'url'>): string {
  const { id, isAdmin } = requireAccount(event);
  return isAdmin ? id : error(404, 'Not Found');
}

export const load: PageServerLoad = async (event) => {
  const admin = requireAdmin(event);
  const { people } = event.locals.site.feed;
  const { reported, claims, log } = await people.moderation(admin);
  return {
    commentsOn: await people.commentsOn(),
    reported: reported.map(({ text, ...comment }) => ({ ...comment, html: commentHtml(text) })),
    claims: claims.map((claim) => ({ ...claim, paperTitle: readableText(claim.paperTitle) })),
    log,
  };
};

type Decision = (event: RequestEvent, admin: string, form: FormData) => Promise<void>;

const decide = (decision: Decision) => async (event: RequestEvent) => {
  const admin = requireAdmin(event);
  const form = await event.request.formData();
  return attempt(async () => {
    await decision(event, admin, form);
    return { done: true };
  });
};

const isYes = (form: FormData): boolean => field(form, 'yes') === 'yes';

export const actions = {
  comments: decide(({ locals }, admin, form) => locals.site.feed.people.setCommentsOn(admin, isYes(form))),
  comment: decide(({ locals }, admin, form) =>
    locals.site.feed.people.judgeComment(admin, field(form, 'comment'), isYes(form)),
  ),
  claim: decide(({ locals }, admin, form) =>
    locals.site.feed.people.judgeClaim(admin, field(form, 'claim'), isYes(form)),
  ),
  assign: decide(({ locals }, admin, form) =>
    locals.site.feed.people.assignAuthor(admin, {
      paperId: field(form, 'paper').trim(),
      author: field(form, 'author'),
      name: field(form, 'name').trim(),
    }),
  ),
  block: decide(({ locals }, admin, form) =>
    locals.site.feed.people.setBlocked(admin, field(form, 'name').trim(), isYes(form)),
  ),
} satisfies Actions;
