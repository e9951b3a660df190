import { requireFileName, type Storage } from './storage.js';

/** The parts of the browser's file system that are used here. */
interface FileHandle {
  getFile(): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
  createWritable(): Promise<{
    write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
    close(): Promise<void>;
    abort(): Promise<void>;
  }>;
}
interface Folder {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
  removeEntry(name: string): Promise<void>;
  entries(): AsyncIterable<[name: string, handle: { readonly kind: 'file' | 'directory' }]>;
}

/** What pages that come with TLS, or from this computer, have. */
const browser = (
  globalThis as unknown as { readonly navigator: { readonly storage?: { getDirectory(): Promise<Folder> } } }
).navigator;

/** A folder of the origin's private file system as storage: names divided by slashes. */
export function storage(location: string): Storage {
  const steps = location.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.length === 0) throw new RangeError(`storage: expected the path of a folder, got ${location}`);
  const folder = async (): Promise<Folder> => {
    if (!browser.storage) throw new Error('storage: pages that come without TLS have no file system');
    let reached = await browser.storage.getDirectory();
    for (const step of steps) reached = await reached.getDirectoryHandle(step, { create: true });
    return reached;
  };
  return {
    async read(name) {
      requireFileName(name);
      const handle = await absent((await folder()).getFileHandle(name));
      return handle && new Uint8Array(await (await handle.getFile()).arrayBuffer());
    },
    async write(name, bytes) {
      requireFileName(name);
      const handle = await (await folder()).getFileHandle(name, { create: true });
      // What is written takes the place of the file when it is closed.
      const writable = await handle.createWritable();
      try {
        await writable.write(bytes);
      } catch (error) {
        await writable.abort();
        throw error;
      }
      await writable.close();
    },
    async remove(name) {
      requireFileName(name);
      await absent((await folder()).removeEntry(name));
    },
    async list() {
      const names: string[] = [];
      for await (const [name, { kind }] of (await folder()).entries()) if (kind === 'file') names.push(name);
      return names.sort();
    },
  };
}

/** What a promise gives, undefined when there is no such file. */
const absent = <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch((error: Error) => {
    if (error.name === 'NotFoundError') return undefined;
    throw error;
  });
