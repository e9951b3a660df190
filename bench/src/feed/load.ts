import type { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { percentile } from '../statistics.js';
import type { RunningSite } from './site.js';
import type { Target } from './targets.js';

export const connections = 50;

/** What a load did to some addresses. Milliseconds. */
export interface Load {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Processor time of the site's process for an answer; undefined where it is not known. */
  readonly processor: number | undefined;
  /** Answers that were no success, and requests without an answer. */
  readonly errors: number;
}

interface Client {
  setRequests(requests: readonly { path: string }[]): void;
}

interface Result {
  readonly requests: { readonly average: number };
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}

/** The part of autocannon that is used. */
type Autocannon = (options: {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly setupClient: (client: Client) => void;
}) => EventEmitter & PromiseLike<Result>;

/** @throws Error where autocannon is not installed */
export function loadAutocannon(): Autocannon {
  try {
    const require = createRequire(fileURLToPath(new URL('../../package.json', import.meta.url)));
    return require('autocannon') as Autocannon;
  } catch {
    throw new Error('feed: autocannon is not installed; run npm run bench -- install');
  }
}

/** Asks a site for some paths in turn, each connection from another place on, with compression as browsers do. */
export async function load(
  cannon: Autocannon,
  { name, paths }: Target,
  { url, processorTime }: Pick<RunningSite, 'url' | 'processorTime'>,
  seconds: number,
): Promise<Load> {
  const fire = async (count: number, duration: number) => {
    let clients = 0;
    const times: number[] = [];
    const running = cannon({
      url,
      connections: count,
      duration,
      headers: { 'accept-encoding': 'gzip, deflate, br' },
      setupClient(client) {
        const from = Math.floor((clients++ * paths.length) / count);
        client.setRequests([...paths.slice(from), ...paths.slice(0, from)].map((path) => ({ path })));
      },
    });
    running.on('response', (_client: unknown, _status: number, _bytes: number, time: number) => {
      times.push(time);
    });
    return { result: await running, times };
  };
  await fire(4, 1);
  const before = processorTime();
  const { result, times } = await fire(connections, seconds);
  const spent = before === undefined ? undefined : processorTime()! - before;
  const unanswered = times.length === 0 ? connections : 0;
  if (unanswered > 0) times.push(1000 * seconds);
  return {
    name,
    perSecond: result.requests.average,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    processor: spent === undefined ? undefined : spent / times.length,
    errors: result.errors + result.timeouts + result.non2xx + unanswered,
  };
}

/** A page of 20 kB that is ready in memory, from Node's own server: what this machine can do at best. */
export async function loadPlainPage(cannon: Autocannon, seconds: number): Promise<Load> {
  const page = `<!doctype html><title>Plain</title>${'<p>A line of a page.</p>'.repeat(800)}`;
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(page));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const site = { url, processorTime: () => undefined };
    return await load(cannon, { name: 'a plain page', paths: ['/'] }, site, seconds);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
