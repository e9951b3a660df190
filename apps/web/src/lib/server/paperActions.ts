import { type Actions, type RequestEvent, redirect } from '@sveltejs/kit';
import { attempt, field, requireAccount } from './forms.js';

type Event = RequestEvent<{ id: string }>;

/** Does something as whoever is signed in, and shows the paper again. */
const act =
  (work: (event: Event, accountId: string, form: FormData) => Promise<unknown>) => async (event: Event) => {
    const { id } = requireAccount(event);
    const form = await event.request.formData();
    return attempt(async () => {
      await work(event, id, form);
      return { done: true };
    });
  };

/** What readers do on the page of a paper. */
export const paperActions = {
  vote: act(({ locals, params }, account, form) =>
    locals.site.feed.people.vote(account, params.id, field(form, 'up') === 'yes'),
  ),
  read: act(async ({ locals, params }, account, form) => {
    const { people } = locals.site.feed;
    const state = field(form, 'state');
    if (state === 'none') return people.dropReading(account, params.id);
    const note = form.get('note');
    return people.setReading(account, params.id, {
      ...(state !== '' && { state: state as 'unread' }),
      ...(typeof note === 'string' && { note }),
    });
  }),
  comment: act(async ({ locals, params }, account, form) => {
    const comment = await locals.site.feed.people.addComment(account, params.id, field(form, 'text'));
    redirect(303, `/papers/${params.id}#comment-${comment}`);
  }),
  deleteComment: act(({ locals }, account, form) =>
    locals.site.feed.people.deleteComment(account, field(form, 'comment')),
  ),
  report: act(({ locals }, account, form) =>
    locals.site.feed.people.reportComment(account, field(form, 'comment'), field(form, 'reason')),
  ),
  hideComment: act(({ locals }, account, form) =>
    locals.site.feed.people.judgeComment(account, field(form, 'comment'), field(form, 'hide') === 'yes'),
  ),
  claim: act(({ locals, params }, account, form) =>
    locals.site.feed.people.claim(account, {
      paperId: params.id,
      author: field(form, 'author'),
      evidence: field(form, 'evidence'),
    }),
  ),
} satisfies Actions<{ id: string }>;
