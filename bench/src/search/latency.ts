import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Feed, openFeed, type SearchOptions } from '@evenkeel/feed';
import { percentile } from '../statistics.js';
import { type MadeCorpus, makeCorpus } from './corpus.js';
import { anyOf, type MakeQuery, misspelt, queriesOf, topicWords } from './queries.js';

/** Milliseconds of one kind of query. */
export interface Latency {
  readonly kind: string;
  readonly queries: number;
  readonly p50: number;
  readonly p95: number;
}

export interface LatencyReport {
  readonly papers: number;
  /** Seconds until all papers were taken in, and until the model of the corpus had read them. */
  readonly importSeconds: number;
  readonly updateSeconds: number;
  /** The longest time for which the update kept other things of the process waiting, in milliseconds. */
  readonly longestPause: number;
  readonly latencies: readonly Latency[];
}

const papersPerFile = 5000;
/** Milliseconds for which the page waits for a model while somebody types. */
const typing = 30;

/** How long searches take in a feed of made-up papers, from the call to the answer with its papers and passages. */
export async function measureLatency(papers: number, queries: number): Promise<LatencyReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'evenkeel-latency-'));
  const feed = await openFeed({ dataDir, searchModel: 'corpus' });
  try {
    const corpus = makeCorpus(papers);
    const importSeconds = await seconds(() => takeIn(feed, corpus));
    // What taking them in leaves to do is no part of reading them.
    await wait(2000);
    const pauses = watchPauses();
    const updateSeconds = await seconds(() => feed.updateSearch());
    const longestPause = pauses.stop();
    const latencies = [];
    for (const [kind, make, options] of kinds) {
      latencies.push(await latencyOf(feed, kind, queriesOf(corpus, make, queries), options));
    }
    return { papers, importSeconds, updateSeconds, longestPause, latencies };
  } finally {
    await feed.close();
    rmSync(dataDir, { recursive: true });
  }
}

async function takeIn(feed: Feed, { papers }: MadeCorpus): Promise<void> {
  for (let start = 0; start < papers.length; start += papersPerFile) {
    const page = new TextEncoder().encode(JSON.stringify(papers.slice(start, start + papersPerFile)));
    await feed.importSavedPage(page, { savedOn: '2025-12-11', name: 'made.json' });
  }
}

const kinds: readonly (readonly [string, MakeQuery, SearchOptions])[] = [
  ['one word', topicWords(1), {}],
  ['three words', topicWords(3), {}],
  ['eight words', topicWords(8), {}],
  ['three words by words alone', topicWords(3), { by: 'words' }],
  ['a word half typed', (corpus, draw) => topicWords(2)(corpus, draw).slice(0, -2), { within: typing }],
  ['a first letter', (corpus, draw) => topicWords(1)(corpus, draw).slice(0, 1), { within: typing }],
  ['a misspelt word', (corpus, draw) => misspelt(topicWords(1)(corpus, draw), draw), {}],
  ['an id', ({ papers }, draw) => anyOf(papers, draw).id, {}],
  ['an author', ({ papers }, draw) => anyOf(papers, draw).authors[0]!.name, {}],
];

async function latencyOf(
  feed: Feed,
  kind: string,
  queries: readonly string[],
  options: SearchOptions,
): Promise<Latency> {
  await feed.search(queries[0]!, options);
  const times: number[] = [];
  for (const query of queries) times.push(1000 * (await seconds(() => feed.search(query, options))));
  return { kind, queries: queries.length, p50: percentile(times, 0.5), p95: percentile(times, 0.95) };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Watches for how long a timer of this process comes too late. */
function watchPauses(): { stop(): number } {
  let [longest, running] = [0, true];
  const every = 5;
  void (async () => {
    while (running) {
      const start = performance.now();
      await wait(every);
      longest = Math.max(longest, performance.now() - start - every);
    }
  })();
  return {
    stop() {
      running = false;
      return longest;
    },
  };
}
