import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Experiment, parseRuns, type Run } from '@evenkeel/lab';
import { writeWhole } from './recorded.js';

/** The finished runs of an experiment under way, kept beside its results so that a stopped program can go on. */
export interface Partial {
  readonly runs: readonly Run[];
  add(run: Run): Promise<void>;
  /** Removes the file, and those of earlier definitions of the experiment. */
  remove(): Promise<void>;
}

/**
 * Takes up the runs of the same experiment in `folder`, if there are any; a file that cannot be read counts as none.
 * @param code what runs were made with: those of other code are not taken up
 */
export async function openPartial(folder: string, experiment: Experiment, code: string): Promise<Partial> {
  const path = join(folder, `${experiment.paper}.${fingerprint(experiment, code)}.partial.json`);
  const runs = await readRuns(path);
  let written = Promise.resolve();
  return {
    runs,
    add(run) {
      runs.push(run);
      // Runs end at the same time as others: one file is written after the other.
      written = written.then(() => writeWhole(path, JSON.stringify(runs)));
      return written;
    },
    async remove() {
      const ours = new RegExp(`^${experiment.paper}\\.[0-9a-f]{16}\\.partial\\.json$`);
      const files = (await readdir(folder)).filter((name) => ours.test(name));
      await Promise.all(files.map((name) => rm(join(folder, name), { force: true })));
    },
  };
}

async function readRuns(path: string): Promise<Run[]> {
  try {
    return parseRuns(await readFile(path, 'utf8'));
  } catch {
    return [];
  }
}

/** Changes with the data, arms, seeds, metrics and claims of an experiment and with the code. */
function fingerprint(experiment: Experiment, code: string): string {
  const definition = JSON.stringify(experiment, (_, value) =>
    typeof value === 'function' ? String(value) : value,
  );
  return createHash('sha256').update(definition).update(code).digest('hex').slice(0, 16);
}
