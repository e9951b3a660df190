import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import { dayList } from '../lists.js';
import { maskAddress } from './address.js';
import { cleanTopics } from './choices.js';
import { deliverAll } from './deliver.js';
import { forgetOldNotes } from './handover.js';
import { readerLinks } from './messages.js';
import { sendNotices } from './notices.js';
import { countWaiting, forgetOldIssues, settleUnsure } from './outbox.js';
import { Planner, planAll } from './plan.js';
import { renderIssue } from './render.js';
import { takeReturned } from './returned.js';
import { addDays, dayIn } from './schedule.js';
import { openSecrets, type Secrets } from './secrets.js';
import { chooseIssue, loadOffer, type PaperFinder, type Wishes } from './select.js';
import {
  allow,
  change,
  confirm,
  confirmedByAddress,
  confirmedById,
  forgetUnconfirmed,
  pendingByToken,
  removeSubscriber,
  type SubscriberRow,
  subscribe,
  toSubscription,
} from './subscribers.js';
import type { Digest, DueIssue, IssueContent, RenderedIssue, RunOptions, Sender } from './types.js';

/**
 * The digest of a feed.
 * @param folder of the feed's data
 * @param find looks saved searches up
 */
export function openDigest(db: Kysely<Database>, folder: string, find: PaperFinder): Digest {
  let opened: Promise<Secrets> | undefined;
  const secrets = () => {
    opened ??= openSecrets(db);
    return opened;
  };
  const shown = async (row: SubscriberRow | undefined) => row && toSubscription(row, await secrets());
  return {
    subscribe: async (request) => subscribe(db, await secrets(), request, Date.now()),
    confirmation: async (token) => shown(await pendingByToken(db, token, Date.now())),
    confirm: async (token) => shown(await confirm(db, token, Date.now())),
    subscription: async (token) =>
      shown(await confirmedById(db, (await secrets()).read('preferences', token))),
    change: async (token, choices) =>
      shown(await change(db, (await secrets()).read('preferences', token), choices, Date.now())),
    async unsubscribe(token) {
      const id = (await secrets()).read('unsubscribe', token);
      if (id !== undefined) await removeSubscriber(db, id);
      return id !== undefined;
    },
    mayUnsubscribe: async (token) => (await secrets()).read('unsubscribe', token) !== undefined,
    subscriptionOf: async (address) => shown(await confirmedByAddress(db, address)),
    preview: (wishes, sender) => preview(db, find, wishes, sender),
    due: async (sender, options = {}) => dueIssues(db, find, await secrets(), sender, options),
    async notices(mailer, sender, options = {}) {
      return (await sendNotices(db, await secrets(), mailer, sender, options)).sent;
    },
    async run(mailer, sender, options = {}) {
      const { now = Date.now, signal } = options;
      const keys = await secrets();
      await forgetUnconfirmed(db, now());
      await forgetOldIssues(db, now());
      await forgetOldNotes(folder, Date.now());
      const left = await settleUnsure(db, folder, now());
      const notices = await sendNotices(db, keys, mailer, sender, options);
      const planned = await planAll(db, now(), find, signal);
      const delivered = await deliverAll({ db, folder, secrets: keys, mailer, sender, options });
      const waiting = await countWaiting(db);
      const { sent: noticed, ...fault } = notices;
      return { ...fault, ...delivered, unsure: delivered.unsure + left, planned, notices: noticed, waiting };
    },
    waiting: () => countWaiting(db),
    returned: async (message) => takeReturned(db, await secrets(), message, Date.now()),
    allow: async (address) => allow(db, await secrets(), address),
  };
}

/** What somebody with these wishes would read of the last day with papers; its links lead to the form. */
async function preview(
  db: Kysely<Database>,
  find: PaperFinder,
  { topics, trending }: Wishes,
  sender: Sender,
): Promise<RenderedIssue> {
  const now = Date.now();
  const day = (await dayList(db))?.date ?? dayIn('UTC', now);
  const offer = await loadOffer(db, { from: addDays(day, -1), to: day, now, find });
  const content = await chooseIssue(offer, { topics: cleanTopics(topics), trending }, new Set());
  const form = new URL('/subscribe', sender.base).href;
  return renderIssue(db, day, content, sender, { preferences: form, unsubscribe: form });
}

async function dueIssues(
  db: Kysely<Database>,
  find: PaperFinder,
  secrets: Secrets,
  sender: Sender,
  { now = Date.now }: RunOptions,
): Promise<DueIssue[]> {
  const at = now();
  const describe = async (id: string, address: string, issue: string, content: IssueContent) => {
    const { subject } = await renderIssue(db, issue, content, sender, readerLinks(sender, secrets, id));
    const papers = content.searches.reduce((sum, each) => sum + each.papers.length, content.papers.length);
    return { to: maskAddress(address), issue, papers, subject };
  };
  const queued = await db
    .selectFrom('digest_outbox as issue')
    .innerJoin('subscriber', 'subscriber.id', 'issue.subscriber_id')
    .select(['issue.issue', 'issue.content', 'subscriber.id', 'subscriber.address'])
    .where('issue.state', '=', 'queued')
    .where('issue.due_at', '<=', at)
    .orderBy('issue.due_at')
    .execute();
  const due: DueIssue[] = [];
  for (const { id, address, issue, content } of queued) {
    due.push(await describe(id, address, issue, JSON.parse(content) as IssueContent));
  }
  const planner = new Planner(db, at, find);
  for (const subscriber of await planner.due(Number.MAX_SAFE_INTEGER)) {
    const { issue, content } = await planner.plan(subscriber);
    if (content) due.push(await describe(subscriber.id, subscriber.address, issue, content));
  }
  return due;
}
