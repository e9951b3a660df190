import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFileName, type Storage } from './storage.js';

/** Milliseconds after which a half-written file that nobody writes to has been left behind by a process that ended. */
const abandonedAfter = 600_000;

/** A folder as storage; it is made when the first file is written. Several processes may write to it at once. */
export function storage(location: string): Storage {
  if (location === '') throw new RangeError('storage: expected the path of a folder, got an empty text');
  const pathOf = (name: string): string => {
    requireFileName(name);
    return join(location, name);
  };
  return {
    read: async (name) => absent(readFile(pathOf(name)).then((bytes) => new Uint8Array(bytes))),
    async write(name, bytes) {
      const path = pathOf(name);
      await mkdir(location, { recursive: true });
      await removeAbandoned(location);
      const temporary = join(location, `.${name}.${crypto.randomUUID()}`);
      try {
        await synced(temporary, 'wx', (file) => file.writeFile(bytes));
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      // Windows keeps names without being asked, and cannot open folders.
      if (process.platform !== 'win32') await synced(location, 'r', async () => undefined);
    },
    remove: async (name) => rm(pathOf(name), { force: true }),
    async list() {
      const names = (await absent(readdir(location))) ?? [];
      return names.filter((name) => !name.startsWith('.')).sort();
    },
  };
}

/** What a promise gives, undefined when there is no such file. */
const absent = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });

/** Opens a file or folder, does something with it, and waits until the disk has it. */
async function synced(
  path: string,
  flags: string,
  task: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await task(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeAbandoned(location: string): Promise<void> {
  for (const name of await readdir(location)) {
    if (!/^\..*\.[\da-f]{8}-[\da-f-]{27}$/.test(name)) continue;
    const path = join(location, name);
    const found = await absent(stat(path));
    if (found && Date.now() - found.mtimeMs > abandonedAfter) await rm(path, { force: true });
  }
}
