import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Site } from '@evenkeel/web/server';
import type { RequestEvent } from '@sveltejs/kit';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { signInWay } from './signIn.js';

/** Bytes of pages that are kept; a list of a hundred papers has some hundred thousand. */
const mostBytes = 64 * 2 ** 20;

/** Milliseconds for which a page holds while nothing has changed: what trends moves with time alone. */
const keptFor = 60_000;

const packed = {
  br: (body: Buffer) => promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (body: Buffer) => promisify(gzip)(body),
  identity: (body: Buffer) => Promise.resolve(body),
};

type Encoding = keyof typeof packed;

/** Best first. */
const encodings: Encoding[] = ['br', 'gzip', 'identity'];

/** A page as it was rendered, and its body packed in each way that somebody asked for. */
class KeptPage {
  readonly #headers: Headers;
  readonly #body: Buffer;
  readonly #bodies = new Map<Encoding, Promise<Buffer>>();

  constructor(headers: Headers, body: Buffer) {
    this.#headers = headers;
    this.#body = body;
  }

  /** Bytes of the body as it is, doubled for what is packed. */
  get size(): number {
    return 1 + 2 * this.#body.length;
  }

  async answer(request: Request): Promise<Response> {
    const encoding = encodingFor(request.headers);
    const packing = this.#bodies.get(encoding) ?? packed[encoding](this.#body);
    this.#bodies.set(encoding, packing);
    const body = await packing;
    const headers = new Headers(this.#headers);
    headers.set('cache-control', 'no-cache');
    headers.set('content-length', String(body.length));
    if (encoding !== 'identity') headers.set('content-encoding', encoding);
    return new Response(new Uint8Array(body), { headers });
  }
}

function encodingFor(headers: Headers): Encoding {
  const accepted = new Negotiator({ headers: { 'accept-encoding': headers.get('accept-encoding') ?? '' } });
  return encodings.find((encoding) => accepted.encodings(encodings).includes(encoding)) ?? 'identity';
}

type Pages = LRUCache<string, KeptPage, () => Promise<Response>>;

const pagesOf = new WeakMap<Site, Pages>();

function openPages(): Pages {
  return new LRUCache({
    maxSize: mostBytes,
    sizeCalculation: ({ size }) => size,
    ttl: keptFor,
    ignoreFetchAbort: true,
    fetchMethod: async (_key, _earlier, { context: render }) => keep(await render()),
  });
}

/**
 * Answers a visitor who is not signed in with the page that the last such visitor saw, as long as nothing in the feed and
 * the recorded results has changed; many who ask at once wait for one page.
 */
export async function keptPage(
  event: RequestEvent,
  render: () => Response | Promise<Response>,
): Promise<Response> {
  const { request, locals } = event;
  const { site } = locals;
  const pages = pagesOf.get(site) ?? openPages();
  pagesOf.set(site, pages);
  // Where the feed cannot be read, the page itself says so.
  const version = await site.version().catch(() => undefined);
  if (version === undefined) return render();
  const key = JSON.stringify([request.url, signInWay(site, event), version]);
  let rendered: Response | undefined;
  const page = await pages.fetch(key, {
    context: async () => {
      rendered = await render();
      return rendered;
    },
  });
  return page?.answer(request) ?? rendered ?? render();
}

/** Reads a page that every visitor may see; leaves another as it is. */
async function keep(response: Response): Promise<KeptPage | undefined> {
  const { status, headers } = response;
  const isPrivate = headers.has('set-cookie') || headers.get('cache-control')?.includes('no-store');
  if (status !== 200 || isPrivate) return undefined;
  return new KeptPage(headers, Buffer.from(await response.arrayBuffer()));
}
