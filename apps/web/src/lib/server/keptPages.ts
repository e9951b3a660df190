import { acceptedEncoding, type Encoding, encodings, type Site } from '@evenkeel/web/server';
import type { RequestEvent } from '@sveltejs/kit';
import { LRUCache } from 'lru-cache';
import { signInWay } from './signIn.js';

/** Bytes of pages that are kept; a list of a hundred papers has some hundred thousand. */
const mostBytes = 64 * 2 ** 20;

/** Milliseconds for which a page holds while nothing has changed: what trends moves with time alone. */
const keptFor = 60_000;

/** A page as it was rendered, and its body packed in each way that somebody asked for. */
class KeptPage {
  readonly #headers: Headers;
  readonly #body: Uint8Array<ArrayBuffer>;
  readonly #packed = new Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(headers: Headers, body: Uint8Array<ArrayBuffer>) {
    this.#headers = headers;
    this.#body = body;
  }

  /** Bytes of the body as it is, doubled for what is packed. */
  get size(): number {
    return 1 + 2 * this.#body.length;
  }

  async answer(request: Request): Promise<Response> {
    const encoding = acceptedEncoding(request.headers.get('accept-encoding'));
    const body = encoding === undefined ? this.#body : await this.#packedBy(encoding);
    const headers = new Headers(this.#headers);
    headers.set('cache-control', 'no-cache');
    headers.set('content-length', String(body.length));
    if (encoding !== undefined) headers.set('content-encoding', encoding);
    return new Response(body, { headers });
  }

  #packedBy(encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
    const packing = this.#packed.get(encoding) ?? encodings[encoding](this.#body);
    this.#packed.set(encoding, packing);
    return packing;
  }
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
  return new KeptPage(headers, new Uint8Array(await response.arrayBuffer()));
}
