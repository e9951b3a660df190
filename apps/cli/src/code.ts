import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { versions } from './machine.js';

/**
 * A text that changes with the code of experiments, wherever it stands: the methods and what they are built on, and the
 * versions of what computes.
 */
export async function experimentCode(): Promise<string> {
  const methods = createRequire(import.meta.url).resolve('@evenkeel/methods/papers');
  const { resolve } = createRequire(methods);
  const below = ['@evenkeel/lab', '@evenkeel/nn', '@evenkeel/tensor'].map((name) => resolve(name));
  const digests = await Promise.all([methods, ...below].map((file) => digestOf(dirname(file))));
  return JSON.stringify([digests, versions()]);
}

/** Changes with the names and contents of the programs in a folder and in those below it; tests do not count. */
export async function digestOf(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'))
    .sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const hash = createHash('sha256');
  names.forEach((name, i) => {
    hash.update(`${name} ${contents[i]!.length} `).update(contents[i]!);
  });
  return hash.digest('hex');
}
