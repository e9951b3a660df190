import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = 'handover-';
const day = 24 * 3600_000;

/**
 * Notes which messages' ends a process sends, in a file of its own. The database is too slow for that: while it stores
 * a note a process may be killed, and nobody could tell whether the end was sent after it. Here the note and the end are
 * two system calls with nothing between them; what a killed process has written to a file is there.
 */
export class Handover {
  readonly #folder: string;
  readonly #run: string;
  #file: number | undefined;

  /** @param run names the process */
  constructor(folder: string, run: string) {
    this.#folder = folder;
    this.#run = run;
  }

  /** To be called before the first message; makes the file. */
  open(): void {
    if (this.#file !== undefined) return;
    mkdirSync(this.#folder, { recursive: true });
    this.#file = openSync(join(this.#folder, prefix + this.#run), 'a');
  }

  /** Where it cannot be written, as on a full disk, a process that is killed then sends the message again. */
  note(id: string): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, `${id}\n`);
    } catch {
      // The message goes on: it is in no danger unless this process is killed within the next moments.
    }
  }

  /** Everything it noted is in the database. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    rmSync(join(this.#folder, prefix + this.#run), { force: true });
  }
}

/** Whether a process was about to send the end of a message; undefined where it kept its notes elsewhere. */
export async function wasNoted(folder: string, run: string, id: string): Promise<boolean | undefined> {
  const file = join(folder, prefix + run);
  if (!existsSync(file)) return undefined;
  return (await readFile(file, 'utf8')).split('\n').includes(id);
}

/** Removes what killed processes left, once all that it could tell has been asked. */
export async function forgetOldNotes(folder: string, now: number): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of (await readdir(folder)).filter((each) => each.startsWith(prefix))) {
    const file = join(folder, name);
    const modified = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    if (now - modified > day) rmSync(file, { force: true });
  }
}
