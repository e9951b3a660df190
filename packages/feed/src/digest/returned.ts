import type { Kysely } from 'kysely';
import { type ParsedMail, simpleParser } from 'mailparser';
import type { Database } from '../database/schema.js';
import { pauseAfterBounces } from './outbox.js';
import type { Secrets } from './secrets.js';
import { removeSubscriber, suppress } from './subscribers.js';
import type { ReturnedMail } from './types.js';

/** Bytes of a message that are read: reports say what happened in their first parts. */
const longest = 256 * 1024;

/** What a message says of a mail that we sent. */
interface Report {
  readonly kind: 'hard' | 'soft' | 'complaint' | 'unsubscribe';
  readonly token: string;
}

/** Reads a message that was sent to one of our return addresses; undefined where it says nothing to us. */
export async function readReport(message: Uint8Array): Promise<Report | undefined> {
  const mail = await simpleParser(Buffer.from(message.subarray(0, longest)), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    keepDeliveryStatus: true,
  });
  const recipients = recipientsOf(mail);
  const wish = /\bunsubscribe\+([0-9a-f]{48})@/i.exec(recipients)?.[1];
  if (wish) return { kind: 'unsubscribe', token: wish.toLowerCase() };
  const kind = reportKind(mail);
  // A complaint comes to whoever registered for it, with our mail inside.
  const inside = kind === 'complaint' ? attached(mail, /^(message|text)\//) : '';
  const token = /\bbounce\+([0-9a-f]{48})@/i.exec(`${recipients}\n${inside}`)?.[1];
  return kind && token ? { kind, token: token.toLowerCase() } : undefined;
}

/** Every address that the message was on its way to. */
function recipientsOf({ headerLines }: ParsedMail): string {
  const names = ['to', 'delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to'];
  return headerLines
    .filter(({ key }) => names.includes(key))
    .map(({ line }) => line)
    .join('\n');
}

function attached({ attachments }: ParsedMail, type: RegExp): string {
  return attachments
    .filter(({ contentType }) => type.test(contentType))
    .map(({ content }) => content.toString('latin1'))
    .join('\n');
}

function reportKind(mail: ParsedMail): Exclude<Report['kind'], 'unsubscribe'> | undefined {
  if (attached(mail, /^message\/feedback-report$/) !== '') return 'complaint';
  const status = attached(mail, /^message\/(global-)?delivery-status$/).replace(/\r?\n[ \t]+/g, ' ');
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'im').exec(status)?.[1]?.toLowerCase();
  if (field('Action') !== 'failed') return undefined;
  const [major, subject, detail] = (field('Status') ?? '').split('.');
  if (major === '4') return 'soft';
  if (major !== '5') return undefined;
  // A full mailbox empties, and what a policy refuses says nothing of the address.
  return (subject === '2' && detail === '2') || subject === '7' ? 'soft' : 'hard';
}

/** Does what a returned message asks for. */
export async function takeReturned(
  db: Kysely<Database>,
  secrets: Secrets,
  message: Uint8Array,
  now: number,
): Promise<ReturnedMail> {
  const report = await readReport(message);
  if (!report) return 'ignored';
  if (report.kind === 'unsubscribe') {
    const id = secrets.read('unsubscribe', report.token);
    if (id === undefined) return 'ignored';
    await removeSubscriber(db, id);
    return 'unsubscribed';
  }
  const id = secrets.read('bounce', report.token);
  const subscriber = id === undefined ? undefined : await subscriberOf(db, id);
  if (id === undefined || !subscriber) return 'ignored';
  if (report.kind !== 'soft') {
    const reason = report.kind === 'complaint' ? 'complaint' : 'bounce';
    await suppress(db, secrets, subscriber, reason, now);
    return report.kind;
  }
  await db.updateTable('digest_outbox').set({ bounce: 'soft' }).where('id', '=', id).execute();
  await pauseAfterBounces(db, subscriber.id);
  return 'soft';
}

/** Whose mail it was: the id is that of an issue, or of a subscriber where the mail was about the subscription. */
async function subscriberOf(db: Kysely<Database>, id: string) {
  const issue = db.selectFrom('digest_outbox').select('subscriber_id').where('id', '=', id);
  return db
    .selectFrom('subscriber')
    .select(['id', 'address'])
    .where(({ or, eb }) => or([eb('id', '=', id), eb('id', 'in', issue)]))
    .executeTakeFirst();
}
