import {
  type Feed,
  ImportError,
  type IngestProgress,
  type IngestReport,
  type IngestSource,
  openFeed,
} from '@evenkeel/feed';
import { UsageError } from '../errors.js';
import { feedLocation } from '../feedLocation.js';
import { type Io, printJson, printLines } from '../io.js';

export interface IngestCommandOptions {
  readonly source: string;
  readonly query?: string;
  readonly ids?: string;
  readonly set?: string;
  readonly versions?: true;
  readonly from?: string;
  readonly limit?: number;
  readonly data: string;
  readonly json?: true;
}

/** Takes papers in from arXiv and tells how far it is; goes on where it was stopped. */
export async function ingest(io: Io, options: IngestCommandOptions): Promise<number> {
  const source = sourceOf(options);
  const signal = io.interruption();
  const { environment } = io;
  const show = progressWriter(io, source);
  const report = await withFeed(io, options.data, (feed) =>
    feed.ingest(source, {
      signal,
      addresses: {
        ...(environment.EVENKEEL_ARXIV_QUERY && { query: environment.EVENKEEL_ARXIV_QUERY }),
        ...(environment.EVENKEEL_ARXIV_OAI && { harvest: environment.EVENKEEL_ARXIV_OAI }),
        ...(environment.EVENKEEL_ARXIV_RSS && { announcements: environment.EVENKEEL_ARXIV_RSS }),
      },
      ...(options.limit !== undefined && { limit: options.limit }),
      onProgress: show,
      onWait: (milliseconds, reason) =>
        printLines(io.stderr, [`arXiv ${reason}; trying again in ${Math.round(milliseconds / 1000)} s`]),
    }),
  );
  printLines(
    io.stderr,
    report.problems.map(({ line, message }) => `entry ${line}: ${message}`),
  );
  if (options.json) printJson(io.stdout, report);
  else printLines(io.stdout, reportLines(report));
  return 0;
}

export interface SubmitCommandOptions {
  readonly day?: string;
  readonly maxAge: number;
  /** Address of a picture or film. */
  readonly media?: string;
  readonly data: string;
  readonly json?: true;
}

/** Puts one paper of arXiv on a day's list. */
export async function submit(io: Io, arxivId: string, options: SubmitCommandOptions): Promise<number> {
  const address = io.environment.EVENKEEL_ARXIV_QUERY;
  const id = await withFeed(io, options.data, (feed) =>
    feed.submit(arxivId, {
      maxAgeDays: options.maxAge,
      signal: io.interruption(),
      ...(options.day && { day: options.day }),
      ...(options.media && { mediaUrl: options.media }),
      ...(address && { addresses: { query: address } }),
    }),
  );
  if (options.json) printJson(io.stdout, { id });
  else printLines(io.stdout, [`${id} is listed`]);
  return 0;
}

function sourceOf({ source, query, ids, set, from, versions }: IngestCommandOptions): IngestSource {
  const need = (option: string, expected: string): never => {
    throw new UsageError(`feed ingest: ${option}: got nothing, expected ${expected}`);
  };
  const parts = (text: string) => text.split(/[\s,]+/).filter(Boolean);
  switch (source) {
    case 'arxiv':
      if (ids !== undefined) return { kind: 'ids', ids: parts(ids) };
      return { kind: 'query', query: query ?? need('--query', 'a query such as "cat:cs.LG"') };
    case 'rss':
      return {
        kind: 'announced',
        categories: parts(set ?? need('--set', 'categories such as cs.LG,stat.ML')),
      };
    case 'oai':
      return {
        kind: 'harvest',
        set: set ?? need('--set', 'a set such as cs:cs:LG'),
        ...(from && { from }),
        ...(versions && { versions }),
      };
    default:
      throw new UsageError(`feed ingest: --source: got "${source}", expected arxiv, rss or oai`);
  }
}

async function withFeed<T>(io: Io, data: string, use: (feed: Feed) => Promise<T>): Promise<T> {
  const feed = await openFeed(feedLocation(io, data));
  try {
    return await use(feed);
  } catch (error) {
    if (error instanceof ImportError) throw new UsageError(error.message, { cause: error });
    throw error;
  } finally {
    await feed.close();
  }
}

const sourceNames: Readonly<Record<IngestSource['kind'], string>> = {
  query: 'arXiv search',
  ids: 'arXiv search',
  announced: 'arXiv RSS',
  harvest: 'arXiv OAI',
};

/** On a terminal one line that changes, elsewhere a line for each page. */
function progressWriter({ stderr }: Io, { kind }: IngestSource): (progress: IngestProgress) => void {
  const begun = performance.now();
  return ({ done, total, added, updated, unchanged }) => {
    const of = total === undefined ? '' : ` of ${total}`;
    const seconds = (performance.now() - begun) / 1000;
    const speed = pace(added + updated + unchanged, seconds, total === undefined ? undefined : total - done);
    const line = `${sourceNames[kind]}: ${done}${of}: ${added} added, ${updated} updated, ${unchanged} unchanged${speed}`;
    stderr.write(stderr.isTTY ? `\r\u001b[K${line}${done === total ? '\n' : ''}` : `${line}\n`);
  };
}

/** Papers a second since the beginning, and how long the rest takes at that. */
function pace(papers: number, seconds: number, left: number | undefined): string {
  if (papers === 0) return '';
  const rate = papers / seconds;
  const said = rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
  return `; ${said} a second${left ? `, about ${duration(left / rate)} left` : ''}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3600)} h`;
}

function reportLines(report: IngestReport): string[] {
  const { added, updated, unchanged, resumed, upToDate, beyond, problems } = report;
  if (upToDate) return ['taken in today already; arXiv’s lists change once a day'];
  const counts = `${added} added, ${updated} updated, ${unchanged} unchanged`;
  const from = resumed ? ', from where it was stopped' : '';
  const unread = problems.length > 0 ? `; ${problems.length} could not be read` : '';
  return [
    `${counts}${from}${unread}`,
    ...(beyond === undefined
      ? []
      : [`${beyond} more are beyond what arXiv gives of one query; part it, such as by submittedDate`]),
  ];
}
