import {
  type Feed,
  type FeedPaper,
  type Mailer,
  type MailMessage,
  openMailer,
  type Sender,
} from '@evenkeel/feed';
import { formatSigned, mainComparison } from '@evenkeel/lab';
import { Cron } from 'croner';
import { type Log, openLog } from './log.js';
import { openResults, type RecordedResults } from './results.js';

/** How mail is sent, and what stands in it. */
export interface MailSettings {
  /** Such as `smtps://user:password@mail.example.org`. */
  readonly smtpUrl: string;
  /** Address from which mail comes. */
  readonly address: string;
  /** Name of the sender and of the list; `Evenkeel` unless said. */
  readonly name?: string;
  /** Who is responsible, with a postal address: it stands in the form and under every mail. */
  readonly controller?: string;
  readonly dkim?: {
    readonly domainName: string;
    readonly keySelector: string;
    readonly privateKey: string;
  };
  /** Mails at the most; 20 unless said. */
  readonly perSecond?: number;
}

const usualName = 'Evenkeel';
const usualRate = 20;

/** The mail of a site that is being served. */
export interface SiteMail {
  readonly settings: MailSettings;
  /** Whether subscribers are sent anything: the links in it need the site's own address. */
  readonly sendsDigest: boolean;
  /** Sends a mail that a reader asked for; whether it could be sent is told to the log alone. */
  post(message: MailMessage): void;
  /** Sends mails about subscriptions now; otherwise they go within a minute. */
  notifySoon(): void;
  /** Lets what is being sent end, and stops; what is left is sent after the next start. */
  close(): Promise<void>;
}

/** Who sends, for a site at an address; without mail a digest can still be looked at. */
export const senderOf = (
  settings: MailSettings | undefined,
  base: string,
  results: RecordedResults,
): Sender => ({
  base,
  name: settings?.name ?? usualName,
  address: settings?.address ?? 'papers@localhost',
  controller: settings?.controller,
  remarkOf: (paper) => remarkOf(paper, results),
});

/** The same for a program that serves nothing. */
export const offlineSender = (
  settings: MailSettings | undefined,
  base: string,
  resultsDir: string | undefined,
): Sender => senderOf(settings, base, openResults(resultsDir, openLog()));

export const mailerOf = ({ smtpUrl, address, name = usualName, dkim, perSecond = usualRate }: MailSettings) =>
  openMailer({
    smtpUrl,
    from: `"${name.replace(/["\\\r\n]/g, ' ')}" <${address}>`,
    perSecond,
    ...(dkim && { dkim }),
  });

/** What its method brought here, where its experiment was run. */
async function remarkOf({ slug }: FeedPaper, results: RecordedResults): Promise<string | undefined> {
  const recorded = slug === undefined ? undefined : await results.of(slug);
  const compared = recorded && mainComparison(recorded);
  if (!compared) return undefined;
  const { metric, difference, baseline } = compared;
  return `Runs here: ${metric.label} ${formatSigned(difference.mean, metric)} over ${baseline.label}`;
}

/**
 * Sends what readers ask for, by one pool of connections; and where the address of the site is known, what is due of the
 * digest now and every minute, until it is closed. Other processes may do the same.
 * @param base address of the site
 */
export function startMail(
  feed: Feed,
  results: RecordedResults,
  log: Log,
  settings: MailSettings,
  base: string | undefined,
): SiteMail {
  const mailer = mailerOf(settings);
  const digest =
    base === undefined ? undefined : startDigest(feed, mailer, senderOf(settings, base, results), log);
  const underWay = new Set<Promise<void>>();
  return {
    settings,
    sendsDigest: digest !== undefined,
    post(message) {
      const sending = mailer
        .send(message)
        // Without the message of the error, which may hold the address.
        .catch(({ code, responseCode }: { code?: string; responseCode?: number }) =>
          log.error({ code, responseCode }, 'a mail to a reader could not be sent'),
        )
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    notifySoon: () => digest?.notifySoon(),
    async close() {
      await Promise.all([digest?.close(), ...underWay]);
      mailer.close();
    },
  };
}

function startDigest(feed: Feed, mailer: Mailer, sender: Sender, log: Log) {
  const controller = new AbortController();
  const onProblem = (problem: string) => log.warn({ problem }, 'mail');
  const options = { signal: controller.signal, onProblem };
  let working = Promise.resolve();
  /** One after the other. */
  const queue = (work: () => Promise<unknown>) => {
    working = working.then(work).then(
      () => undefined,
      (error) => log.error({ err: error }, 'mail'),
    );
    return working;
  };
  const sendDue = () =>
    queue(async () => {
      const { planned, sent, dropped, unsure } = await feed.digest.run(mailer, sender, options);
      if (planned + sent + dropped + unsure > 0) log.info({ planned, sent, dropped, unsure }, 'digest');
    });
  void sendDue();
  const timer = new Cron('* * * * *', { protect: true }, sendDue);
  return {
    notifySoon: () => void queue(() => feed.digest.notices(mailer, sender, options)),
    async close() {
      timer.stop();
      controller.abort();
      await working;
    },
  };
}
