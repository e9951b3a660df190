import { dataCache, obtainDataFile } from '#platform';
import { type DataFile, isIntact } from './dataFile.js';

/** Where pages fetch data files from. */
let server = '/data/';

/** What is being read: whoever asks meanwhile waits for the same. */
const underWay = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/**
 * Says where pages and their workers fetch data files from: an address that ends with a slash, on the page's own site
 * unless it names another. It is `/data/` at first, which the site of this repository serves. In Node, data files are made
 * from npm packages, whatever the server.
 * @throws RangeError when it does not end with a slash
 */
export function useDataServer(url: string | URL): void {
  if (!String(url).endsWith('/'))
    throw new RangeError(`useDataServer: expected an address that ends with a slash, got ${url}`);
  server = String(url);
}

/**
 * The bytes of a data file. In Node it is made from its npm package at first, and kept in the folder `EVENKEEL_CACHE`, or
 * else in a folder `evenkeel` where the system has its caches. A page fetches it from the data server and keeps it in the
 * browser's cache.
 * @throws Error saying what to install, or what the server answered
 */
export function readDataFile(file: DataFile): Promise<Uint8Array<ArrayBuffer>> {
  const reading = underWay.get(file.name) ?? readOrObtain(file).finally(() => underWay.delete(file.name));
  underWay.set(file.name, reading);
  return reading;
}

async function readOrObtain(file: DataFile): Promise<Uint8Array<ArrayBuffer>> {
  const cache = dataCache();
  // A cache saves time only: without one, everything is obtained anew.
  const kept = await cache.read(file.name).catch(() => undefined);
  if (kept && (await isIntact(file, kept))) return kept;
  const bytes = await obtainDataFile(file, server);
  if (!(await isIntact(file, bytes))) {
    const { name, version } = file.package;
    throw new Error(`${file.name}: its bytes are others than those made from ${name} ${version}`);
  }
  await cache.write(file.name, bytes).catch(() => undefined);
  return bytes;
}
