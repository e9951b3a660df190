import {
  type Feed,
  type FeedLocation,
  openFeed,
  type SourceAddresses,
  type SubmissionRules,
} from '@evenkeel/feed';
import { catalogueDay, papers } from '@evenkeel/methods/papers';
import type { Context } from 'hono';
import { Attempts } from './attempts.js';
import { type Intake, intakeOf } from './intake.js';
import { type Log, openLog } from './log.js';
import { type MailSettings, type SiteMail, startMail } from './mail.js';
import { recordReproduced } from './reproduced.js';
import { openResults, type RecordedResults } from './results.js';
import { visitorOf } from './visitor.js';

/** What pages and API read from. */
export interface Site {
  readonly feed: Feed;
  readonly results: RecordedResults;
  readonly log: Log;
  /** Address under which visitors reach the site, where it is not the one they asked for. */
  readonly publicUrl?: string | undefined;
  /** Undefined where mail is off: nobody can sign in then, and subscriptions wait. */
  readonly mail?: SiteMail | undefined;
  /** Requests for subscriptions. */
  readonly attempts: Attempts;
  /** Whether links that would be mailed may be logged for visitors of this computer: for development. */
  readonly logsLinks: boolean;
  /** Links to sign in that may be asked for from one computer in a quarter of an hour. */
  readonly linksPerComputer: number;
  readonly submission: SubmissionRules & { readonly maxAgeDays: number };
  /** Takes papers in from arXiv. */
  readonly intake: Intake;
  /** A text that differs when anything that the site shows has changed. */
  version(): Promise<string>;
}

/** Address from which links are made: the site's own, else the one that was asked. */
export function baseOf({ publicUrl }: Site, c: Context): string {
  return publicUrl ?? `${visitorOf(c).protocol}://${new URL(c.req.url).host}/`;
}

/** Where a site's data lie. */
export interface SiteFolders extends FeedLocation {
  /** Folder of the recorded results, `<slug>.json` each; without it no paper has a verdict. */
  readonly resultsDir?: string;
  /** Address under which visitors reach the site, such as `https://papers.example.org`: behind a proxy it has to be said. */
  readonly publicUrl?: string | undefined;
  /** What is logged: `silent`, `error`, `warn` (unless said), `info`, `debug`. */
  readonly logLevel?: string | undefined;
  /** How mail is sent; left out: it is not. The digest needs `publicUrl` too, for the links in it. */
  readonly mail?: MailSettings | undefined;
  /** E-mail addresses of the admins. */
  readonly admins?: readonly string[] | undefined;
  /** Age of papers at the most when they are submitted; 14 days unless said. */
  readonly submitMaxAgeDays?: number | undefined;
  /** Whether only authors of a paper here, and admins, submit; they alone unless said. */
  readonly submitRequireClaim?: boolean | undefined;
  /** Where papers come from; tests have their own. */
  readonly sources?: SourceAddresses | undefined;
  /** In a quarter of an hour; 30 unless said. */
  readonly linksPerComputer?: number | undefined;
}

const usualMaxAge = 14;
/** Requests for subscriptions that one network may make in an hour. */
const subscriptionsPerHour = 30;

/**
 * Opens the feed, takes the built-in papers in, finds the recorded results and starts the mail. The caller closes it with
 * `closeSite`.
 */
export async function openSite(folders: SiteFolders): Promise<Site> {
  const { resultsDir, publicUrl, logLevel, mail: settings, admins, sources, ...others } = folders;
  const { submitMaxAgeDays = usualMaxAge, submitRequireClaim = true, ...rest } = others;
  const { linksPerComputer = 30, ...location } = rest;
  const log = openLog(logLevel);
  const feed = await openFeed(location, { admins });
  try {
    await feed.addCatalogue(papers, catalogueDay);
    feed.keepSearch({
      onProblem: (error) => log.error({ err: error }, 'papers cannot be read for the search'),
    });
    const results = openResults(resultsDir, log, (slug, read) => recordReproduced(feed, slug, read));
    for (const { slug } of papers) await results.of(slug);
    return {
      feed,
      results,
      log,
      publicUrl,
      mail: settings && startMail(feed, results, log, settings, publicUrl),
      attempts: new Attempts(subscriptionsPerHour),
      logsLinks: logLevel === 'debug',
      linksPerComputer,
      submission: { maxAgeDays: submitMaxAgeDays, requireClaim: submitRequireClaim },
      intake: intakeOf(feed, submitMaxAgeDays, sources),
      version: async () => (await Promise.all([feed.version(), results.version()])).join(' '),
    };
  } catch (error) {
    await feed.close();
    throw error;
  }
}

/** Lets mails that are being sent end, and closes the connections to the mail server and the feed. */
export async function closeSite({ mail, feed }: Site): Promise<void> {
  await mail?.close();
  await feed.close();
}
