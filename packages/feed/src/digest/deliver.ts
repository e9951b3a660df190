import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Database } from '../database/schema.js';
import type { Mailer } from '../mail/mailer.js';
import { faultOf, type MailFault } from './faults.js';
import { Handover } from './handover.js';
import { issueMessage, readerLinks } from './messages.js';
import {
  afterRefusal,
  type Claimed,
  claimNext,
  LostClaim,
  markHanding,
  pauseAfterBounces,
  settle,
} from './outbox.js';
import { renderIssue } from './render.js';
import { newId, type Secrets } from './secrets.js';
import { suppress } from './subscribers.js';
import type { IssueContent, RunOptions, Sender } from './types.js';

/** Messages that one process sends at the same time. */
const atOnce = 2;
/** Milliseconds before a message is tried again during which the server could not be reached. */
const shortPause = 60_000;

export interface Post {
  readonly db: Kysely<Database>;
  /** Where notes are kept of what is handed over. */
  readonly folder: string;
  readonly secrets: Secrets;
  readonly mailer: Mailer;
  readonly sender: Sender;
  readonly options: RunOptions;
}

type Outcome = 'sent' | 'postponed' | 'dropped' | 'unsure';

export interface Delivered extends Record<Outcome, number> {
  fault?: string;
}

/** Sends what is due in the outbox, until nothing is, or the server cannot be reached. */
export async function deliverAll(post: Post): Promise<Delivered> {
  const delivered: Delivered = { sent: 0, postponed: 0, dropped: 0, unsure: 0 };
  const { now = Date.now, signal, onProblem } = post.options;
  const run = newId();
  const handover = new Handover(post.folder, run);
  const work = async () => {
    while (!signal?.aborted && delivered.fault === undefined) {
      const claimed = await claimNext(post.db, run, now());
      if (!claimed) return;
      handover.open();
      const result = await deliver(post, claimed, handover, now);
      if (typeof result === 'string') delivered[result]++;
      else if (result) {
        delivered.fault = result.message;
        onProblem?.(`the mail server: ${result.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  handover.close();
  return delivered;
}

/**
 * Sends one issue and notes what became of it.
 * @returns the fault where the server could not be reached; undefined where the issue was no longer ours to send
 */
async function deliver(
  post: Post,
  claimed: Claimed,
  handover: Handover,
  now: () => number,
): Promise<Outcome | MailFault | undefined> {
  const { db, secrets, mailer, sender } = post;
  let handed = false;
  try {
    const links = readerLinks(sender, secrets, claimed.subscriber_id);
    const content = JSON.parse(claimed.content) as IssueContent;
    const rendered = await renderIssue(db, claimed.issue, content, sender, links);
    await mailer.send({
      ...issueMessage(claimed, rendered, sender, secrets),
      // Asked a second time, as when a connection broke and the pool tries another, this refuses: no issue goes twice.
      beforeEnd: async () => {
        await markHanding(db, claimed, now());
        // What comes before the end leaves this process first, so that only the end follows the note.
        await nextTurn();
        await nextTurn();
        handed = true;
      },
      atEnd: () => handover.note(claimed.id),
    });
  } catch (error) {
    if (error instanceof LostClaim && !handed) return undefined;
    return afterFault(post, claimed, faultOf(error), handed, now());
  }
  await settle(db, claimed, { state: 'sent', done_at: now() });
  return 'sent';
}

async function afterFault(
  { db, secrets, options }: Post,
  claimed: Claimed,
  fault: MailFault,
  handed: boolean,
  now: number,
): Promise<Outcome | MailFault> {
  if (fault.kind === 'unreachable') {
    if (handed) {
      // The server has the whole message and did not say what it did with it.
      await settle(db, claimed, { state: 'unsure', done_at: now });
      options.onProblem?.(`an issue was handed over without an answer: ${fault.message}`);
      return 'unsure';
    }
    await settle(db, claimed, { state: 'queued', due_at: now + shortPause });
    return fault;
  }
  options.onProblem?.(`an issue was refused: ${fault.message}`);
  if (fault.kind === 'gone') {
    const subscriber = { id: claimed.subscriber_id, address: claimed.address };
    await suppress(db, secrets, subscriber, 'bounce', now);
    return 'dropped';
  }
  const settled =
    fault.kind === 'later'
      ? afterRefusal(claimed, fault.code, now)
      : ({ state: 'dropped', reply: fault.code ?? null, bounce: 'soft', done_at: now } as const);
  await settle(db, claimed, settled);
  if (settled.state !== 'dropped') return 'postponed';
  await pauseAfterBounces(db, claimed.subscriber_id);
  return 'dropped';
}
