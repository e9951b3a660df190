import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Site } from './site.js';

/** Seconds: from what memory answers to what a visitor gives up on. */
const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What Prometheus reads at `/metrics`: requests by kind and status, papers, mail that waits, and the process itself. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'kind' | 'status'>;

  constructor({ feed }: Site) {
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'evenkeel_http_request_seconds',
      help: 'Time to answer, by kind of request and class of status',
      labelNames: ['kind', 'status'],
      buckets,
      registers: [this.#registry],
    });
    new Gauge({
      name: 'evenkeel_papers',
      help: 'Papers in the feed',
      registers: [this.#registry],
      async collect() {
        this.set((await feed.list({ limit: 1 })).total);
      },
    });
    new Gauge({
      name: 'evenkeel_digest_waiting',
      help: 'Issues of the digest that are yet to go out',
      registers: [this.#registry],
      async collect() {
        this.set(await feed.digest.waiting());
      },
    });
  }

  observe(path: string, status: number, seconds: number): void {
    this.#requests.observe({ kind: kindOf(path), status: `${Math.floor(status / 100)}xx` }, seconds);
  }

  /** @throws when the feed cannot be read */
  async answer(response: ServerResponse): Promise<void> {
    const text = await this.#registry.metrics();
    response.writeHead(200, { 'content-type': this.#registry.contentType });
    response.end(text);
  }
}

/** Few kinds, since every one is a series of its own. */
function kindOf(path: string): string {
  const [, first = ''] = path.split('/');
  if (first === '_app') return 'asset';
  return ['api', 'data', 'feeds', 'papers', 'pictures', 'search'].includes(first) ? first : 'other';
}

/** Whether someone may read the metrics: this computer, where no proxy stands between, or whoever has the token. */
export function mayReadMetrics({ headers, socket }: IncomingMessage, token: string | undefined): boolean {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined) return given !== undefined && same(given, token);
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return (address === '::1' || address.startsWith('127.')) && headers['x-forwarded-for'] === undefined;
}

/** Takes the same time wherever the two differ. */
function same(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}
