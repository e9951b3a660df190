import type { DataFile } from '../data/sets/dataFile.js';
import type { Storage } from './storage.js';

/** The part of the browser's Cache API that is used here. */
interface Cache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(request: Request): Promise<boolean>;
  keys(): Promise<readonly Request[]>;
}

/** What pages and workers have; `caches` is missing on pages that come without TLS. */
const page = globalThis as unknown as {
  readonly location: { readonly origin: string };
  readonly caches?: { open(name: string): Promise<Cache> };
};

/** Where data files are kept: in the browser's cache, which may refuse or forget. A file replaces others of its set. */
export function dataCache(): Pick<Storage, 'read' | 'write'> {
  const open = async () => page.caches?.open('evenkeel-data');
  const urlOf = (name: string) => `${page.location.origin}/data/${name}`;
  const setOf = (url: string) => url.split('/').at(-1)!.split('.')[0];
  return {
    async read(name) {
      const kept = await (await open())?.match(urlOf(name));
      return kept && new Uint8Array(await kept.arrayBuffer());
    },
    async write(name, bytes) {
      const cache = await open();
      const kept = (await cache?.keys()) ?? [];
      const replaced = kept.filter((request) => setOf(request.url) === setOf(name));
      await Promise.all(replaced.map((request) => cache?.delete(request)));
      await cache?.put(urlOf(name), new Response(bytes));
    },
  };
}

/** Fetches a data file. @throws Error with what the server answered */
export async function obtainDataFile({ name }: DataFile, server: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(name, new URL(server, page.location.origin)).href;
  const answer = await fetch(url);
  if (!answer.ok) {
    const reason = (await answer.text()).trim().slice(0, 300);
    throw new Error(`${name}: ${url} answered ${answer.status}${reason && `: ${reason}`}`);
  }
  return new Uint8Array(await answer.arrayBuffer());
}
