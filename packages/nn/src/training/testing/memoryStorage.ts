import type { Storage } from '../../platform/storage.js';

/** Files in memory, and what was done to them, such as `write 5.json`. */
export class MemoryStorage implements Storage {
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly log: string[] = [];
  /** Changes that are still carried out; the one after fails, as the process would have ended there. */
  changesLeft = Number.POSITIVE_INFINITY;

  constructor(files: Iterable<readonly [string, Uint8Array<ArrayBuffer>]> = []) {
    this.files = new Map(files);
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.files.get(name);
  }

  async write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#change(`write ${name}`);
    this.files.set(name, bytes);
  }

  async remove(name: string): Promise<void> {
    this.#change(`remove ${name}`);
    this.files.delete(name);
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }

  #change(what: string): void {
    if (this.changesLeft-- <= 0) throw new Error('power failure');
    this.log.push(what);
  }
}
