import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PaperVerdict, parseResults, type Results } from '@evenkeel/lab';
import { reasonOf } from './errors.js';
import { type Io, printLines } from './io.js';

const repositoryResults = fileURLToPath(new URL('../../../results', import.meta.url));

export const verdictMarks: Record<PaperVerdict, string> = {
  reproduced: '● reproduced',
  partly: '◐ partly',
  'not reproduced': '○ not reproduced',
};

/** The folder of recorded results: `results` where the program was called, otherwise the repository's. */
export function resultsFolder({ workingDir }: Pick<Io, 'workingDir'>): string {
  const here = join(workingDir, 'results');
  return existsSync(here) ? here : repositoryResults;
}

export function resultsPath(folder: string, slug: string): string {
  return join(folder, `${slug}.json`);
}

/** The recorded results of a paper; undefined when there are none. A file that cannot be read is told of. */
export async function readRecorded(
  io: Io,
  slug: string,
  folder = resultsFolder(io),
): Promise<Results | undefined> {
  const path = resultsPath(folder, slug);
  if (!existsSync(path)) return undefined;
  try {
    return parseResults(await readFile(path, 'utf8'));
  } catch (error) {
    printLines(io.stderr, [`${path}: left out: ${reasonOf(error)}`]);
    return undefined;
  }
}

/** Writes a file so that whoever reads it sees all of it or what was there before; makes its folder. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
