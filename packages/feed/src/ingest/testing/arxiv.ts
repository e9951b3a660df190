import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { IngestOptions, SourceAddresses } from '../../types.js';

export type Answer = (url: URL, response: ServerResponse, request: IncomingMessage) => void;

/** A server in the place of arXiv's; what was asked is kept. */
export async function source(answer: Answer): Promise<{ addresses: SourceAddresses; asked: URL[] }> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    asked.push(url);
    answer(url, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    addresses: { query: `${base}/query`, harvest: `${base}/oai`, announcements: `${base}/rss/` },
    asked,
  };
}

/** Time that passes only where someone waits for it. */
export function fakeClock() {
  const clock = {
    time: Date.UTC(2025, 11, 11),
    waits: [] as number[],
    now: () => clock.time,
    async wait(milliseconds: number, signal?: AbortSignal) {
      signal?.throwIfAborted();
      clock.waits.push(milliseconds);
      clock.time += milliseconds;
    },
  };
  return clock;
}

export const settings = (
  addresses: SourceAddresses,
  other: IngestOptions = {},
): IngestOptions & { clock: ReturnType<typeof fakeClock> } => ({
  addresses,
  random: () => 0,
  ...other,
  clock: fakeClock(),
});

export const entry = (number: number, other = '', version = 1): string => {
  const id = `2512.${String(number).padStart(5, '0')}`;
  return `<entry><id>https://arxiv.org/abs/${id}v${version}</id><title>Boat
    number ${number}</title><summary>About  $\\alpha$ &lt;boats&gt; &amp; ${number}.</summary>
    <published>2025-12-01T10:00:00Z</published><updated>2025-12-0${version}T10:00:00Z</updated>
    <author><name>Ada Élan</name><affil xmlns="x">Harbour</affil></author><author><name>Bo Tide</name></author>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/><category term="68T05" scheme="msc"/>${other}</entry>`;
};

export const atom = (total: number, entries: readonly string[]): string =>
  `<?xml version="1.0"?><a:feed xmlns:a="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/"><o:totalResults>${total}</o:totalResults>${entries.join('').replace(/<(\/?)(entry|id|title|summary|published|updated|author|name|category)(?=[\s>])/g, '<$1a:$2')}</a:feed>`;

/** Entries from `start`, as many as are asked for. */
export const pages =
  (total: number): Answer =>
  (url, response) => {
    const start = Number(url.searchParams.get('start'));
    const count = Math.min(Number(url.searchParams.get('max_results')), total - start);
    response.end(
      atom(
        total,
        Array.from({ length: count }, (_, i) => entry(start + i)),
      ),
    );
  };
