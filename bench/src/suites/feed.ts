import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedLocation } from '@evenkeel/feed';
import { fill } from '../feed/fill.js';
import { connections, type Load, load, loadAutocannon, loadPlainPage } from '../feed/load.js';
import { type RunningSite, type StartTimes, startSite } from '../feed/site.js';
import { targetsOf, typing } from '../feed/targets.js';
import type { Options } from '../options.js';
import { type MadeCorpus, makeCorpus } from '../search/corpus.js';
import { percentile } from '../statistics.js';
import { formatTable, shown } from '../table.js';

/** Milliseconds: the median of answers to somebody who types, and the start until a page and a search are there. */
const goals = { typing: 50, start: 3000 };

interface Measured {
  readonly engine: 'SQLite' | 'PostgreSQL';
  readonly papers: number;
  /** Papers a second that an import takes in. */
  readonly imported: number;
  /** Milliseconds in which the model of the corpus is learned and reads all papers, at the first start. */
  readonly learned: number;
  readonly started: StartTimes;
  /** Milliseconds of single queries while two words are typed, from the question to the whole answer. */
  readonly typing: { readonly queries: number; readonly p50: number; readonly p95: number };
  readonly loads: readonly Load[];
  /** Of the site's process, at the end of all loads; PostgreSQL's own is not in it. */
  readonly peakBytes: number | undefined;
}

/**
 * A site with very many papers under load: lists, search and pages at 50 connections, beside a server that sends one
 * ready page. On SQLite, and on PostgreSQL where `DATABASE_URL` names an empty database.
 */
export async function feed({ quick }: Options): Promise<{ results: unknown; failed: boolean }> {
  const cannon = loadAutocannon();
  const corpus = makeCorpus(quick ? 4000 : 100_000);
  const seconds = quick ? 2 : 10;
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'));
  try {
    const plain = await loadPlainPage(cannon, seconds);
    const databaseUrl = process.env.DATABASE_URL;
    const locations: FeedLocation[] = [{ dataDir: join(folder, 'sqlite') }];
    if (databaseUrl) locations.push({ dataDir: join(folder, 'postgresql'), databaseUrl });
    const measured: Measured[] = [];
    for (const location of locations) {
      const each = await measureEngine(cannon, location, corpus, seconds);
      measured.push(each);
      print(each, plain);
    }
    return { results: { plain, measured }, failed: measured.some(isPoor) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureEngine(
  cannon: ReturnType<typeof loadAutocannon>,
  location: FeedLocation,
  corpus: MadeCorpus,
  seconds: number,
): Promise<Measured> {
  const imported = await fill(location, corpus);
  const query = corpus.topics[0]![0]!;
  const first = await startSite(location, query);
  await first.stop();
  const site = await startSite(location, query);
  try {
    const typed = await answerTimes(site, typing(corpus));
    const loads: Load[] = [];
    for (const target of targetsOf(corpus)) loads.push(await load(cannon, target, site, seconds));
    return {
      engine: location.databaseUrl ? 'PostgreSQL' : 'SQLite',
      papers: corpus.papers.length,
      imported,
      learned: first.times.meaning,
      started: site.times,
      typing: { queries: typed.length, p50: percentile(typed, 0.5), p95: percentile(typed, 0.95) },
      loads,
      peakBytes: site.peakBytes(),
    };
  } finally {
    await site.stop();
  }
}

/** Asks for one after the other. */
async function answerTimes({ url }: RunningSite, paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const path of paths) {
    const start = performance.now();
    await (await fetch(url + path)).arrayBuffer();
    times.push(performance.now() - start);
  }
  return times;
}

const isPoor = ({ typing, started, loads }: Measured): boolean =>
  typing.p50 > goals.typing || started.search > goals.start || loads.some(({ errors }) => errors > 0);

function print(measured: Measured, plain: Load): void {
  const { engine, papers, imported, learned, started, typing, loads, peakBytes } = measured;
  const memory = peakBytes === undefined ? '' : `, ${Math.round(peakBytes / 2 ** 20)} MiB at the peak`;
  process.stdout.write(
    `${engine}, ${papers} papers: ${shown(imported)} papers a second taken in, meanings learned in ${shown(learned / 1000)} s${memory}
started: a page after ${Math.round(started.page)} ms, a search after ${Math.round(started.search)} ms, meanings after ${Math.round(started.meaning)} ms
while typing: p50 ${shown(typing.p50)} ms, p95 ${shown(typing.p95)} ms of ${typing.queries} queries\n`,
  );
  const rows = [plain, ...loads].map(({ name, perSecond, p50, p95, p99, processor, errors }) => [
    name,
    shown(perSecond),
    shown(p50),
    shown(p95),
    shown(p99),
    processor === undefined ? '' : shown(processor),
    String(errors),
  ]);
  const head = [
    `${connections} connections`,
    'answers/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'processor ms',
    'errors',
  ];
  process.stdout.write(`${formatTable([head, ...rows])}\n`);
}
