import {
  type DigestReport,
  type DueIssue,
  type Feed,
  openFeed,
  SubscriptionError,
  tryServer,
} from '@evenkeel/feed';
import { lookUp, type RecordState } from '../dnsLookup.js';
import { type DnsRecord, dnsRecords } from '../dnsRecords.js';
import { reasonOf, UsageError } from '../errors.js';
import { feedLocation } from '../feedLocation.js';
import { type Io, printJson, printLines } from '../io.js';
import { mailFrom } from '../mail.js';
import { resultsFolder } from '../recorded.js';

export interface MailOptions {
  readonly data: string;
  readonly json?: true;
}

export interface DigestOptions extends MailOptions {
  readonly dryRun?: true;
}

export interface MailCheckOptions extends Pick<MailOptions, 'json'> {
  readonly dns?: true;
}

/** Bytes of a returned mail that are read. */
const longestMail = 4 * 1024 * 1024;

/** Sends what is due, or tells what would be: 1 where the mail server could not be reached. */
export async function digest(io: Io, options: DigestOptions): Promise<number> {
  const settings = await mailFrom(io);
  if (!settings && !options.dryRun) {
    throw new UsageError('feed digest: mail is off; set EVENKEEL_SMTP_URL, or try --dry-run');
  }
  // Loaded here, because the other commands need no server.
  const { mailerOf, offlineSender } = await import('@evenkeel/web/server');
  const base = io.environment.EVENKEEL_URL || 'http://localhost:3000';
  const sender = offlineSender(settings, base, resultsFolder(io));
  const signal = io.interruption();
  return withFeed(io, options.data, async (feed) => {
    if (!settings || options.dryRun) {
      const due = await feed.digest.due(sender);
      if (options.json) printJson(io.stdout, due);
      else printLines(io.stdout, due.length > 0 ? due.map(dueLine) : ['nothing is due']);
      return 0;
    }
    const mailer = mailerOf(settings);
    try {
      const onProblem = (message: string) => printLines(io.stderr, [message]);
      const report = await feed.digest.run(mailer, sender, { signal, onProblem });
      if (options.json) printJson(io.stdout, report);
      else printLines(io.stdout, [reportLine(report)]);
      return report.fault === undefined ? 0 : 1;
    } finally {
      mailer.close();
    }
  });
}

const dueLine = ({ to, issue, papers, subject }: DueIssue): string =>
  `${issue}  ${to}  ${papers} papers  ${subject}`;

function reportLine({ sent, notices, postponed, dropped, unsure, waiting }: DigestReport): string {
  const parts = [
    `${sent} sent`,
    notices > 0 && `${notices} about subscriptions`,
    postponed > 0 && `${postponed} put off`,
    dropped > 0 && `${dropped} given up`,
    unsure > 0 && `${unsure} handed over without an answer, counted as sent`,
    waiting > 0 && `${waiting} waiting`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Takes in a mail that came back; what says nothing to us is ignored, so that the mail server does not return it. */
export async function returned(io: Io, options: MailOptions): Promise<number> {
  const message = await readAll(io);
  const outcome = await withFeed(io, options.data, (feed) => feed.digest.returned(message));
  if (options.json) printJson(io.stdout, { outcome });
  else printLines(io.stdout, [outcome]);
  return 0;
}

async function readAll({ stdin }: Io): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part as Uint8Array);
    length += bytes.length;
    if (length <= longestMail) parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** Lets mail go again to an address. */
export async function allow(io: Io, address: string, options: MailOptions): Promise<number> {
  const allowed = await withFeed(io, options.data, (feed) => feed.digest.allow(address));
  if (options.json) printJson(io.stdout, { allowed });
  else printLines(io.stdout, [allowed ? 'mail goes there again' : 'mail was not held back']);
  return 0;
}

/** Prints the DNS records that mail needs and tries the mail server: 1 where it does not answer, or a record is not as it has to be. */
export async function mailCheck(io: Io, { dns, json }: MailCheckOptions): Promise<number> {
  const settings = await mailFrom(io);
  if (!settings) throw new UsageError('mail check: mail is off; set EVENKEEL_SMTP_URL');
  const records: CheckedRecord[] = await Promise.all(
    dnsRecords(settings).map(async (record) => ({
      ...record,
      ...(dns && { found: await lookUp(io.resolver, record) }),
    })),
  );
  const fault = await tryServer(settings.smtpUrl).then(() => undefined, reasonOf);
  const server = fault === undefined ? 'answers' : `does not: ${fault}`;
  if (json) printJson(io.stdout, { records, server: { ok: fault === undefined, detail: server } });
  else {
    const unsigned = settings.dkim ? [] : ['○ DKIM: mail is not signed here; see EVENKEEL_DKIM_DOMAIN', ''];
    printLines(io.stdout, [
      ...records.flatMap(recordLines),
      ...unsigned,
      `${fault === undefined ? '●' : '✗'} mail server: ${server}`,
    ]);
  }
  const good = records.every(({ found }) => found === undefined || ['there', 'other'].includes(found.state));
  return fault === undefined && good ? 0 : 1;
}

type CheckedRecord = DnsRecord & { readonly found?: RecordState };

const recordSigns = { there: '●', other: '◐', missing: '✗', wrong: '✗', unknown: '○' } as const;

function recordLines({ kind, about, name, type, value, found }: CheckedRecord): string[] {
  return [
    about,
    `  ${name}  ${type}  ${type === 'TXT' ? textRecord(value) : value}`,
    ...(found ? [`  ${recordSigns[found.state]} ${kind}: ${found.detail}`] : []),
    '',
  ];
}

/** A text of DNS is in strings of at most 255 characters. */
const textRecord = (value: string): string =>
  (value.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ');

async function withFeed<T>(io: Io, data: string, use: (feed: Feed) => Promise<T>): Promise<T> {
  const feed = await openFeed(feedLocation(io, data));
  try {
    return await use(feed);
  } catch (error) {
    if (error instanceof SubscriptionError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    await feed.close();
  }
}
