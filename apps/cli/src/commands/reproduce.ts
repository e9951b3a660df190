import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buildResults, type Experiment, type Results, type Run, runExperiment } from '@evenkeel/lab';
import { reasonOf } from '../errors.js';
import { findExperiment, follow, runnable } from '../experiments.js';
import { type Io, lineWidth, oneLine, printJson, printLines } from '../io.js';
import { thisMachine, versions } from '../machine.js';
import { openPartial } from '../partial.js';
import { showProgress } from '../progress.js';
import { resultsPath, writeWhole } from '../recorded.js';
import { claimLines, resultsTable, verdictLine } from '../report.js';

export interface ReproduceOptions {
  readonly out: string;
  readonly json?: true;
}

/** An experiment that could not be run to its end. */
interface Failure {
  readonly paper: string;
  readonly message: string;
}

/**
 * Runs experiments with all arms and seeds, judges them and records the results. An experiment that fails does not
 * keep the others from running. Returns 1 when one failed or a claim does not show.
 */
export async function reproduce(
  io: Io,
  slugs: readonly string[],
  options: ReproduceOptions,
): Promise<number> {
  const chosen = [...new Set(slugs.length > 0 ? slugs : runnable(io.registry))];
  const loaders = chosen.map((slug) => findExperiment(io.registry, 'reproduce', slug));
  const folder = resolve(io.workingDir, options.out);
  await mkdir(folder, { recursive: true });
  const signal = io.interruption();
  const results: Results[] = [];
  const failures: Failure[] = [];
  for (const [i, load] of loaders.entries()) {
    try {
      const recorded = await reproduceOne(io, await load(), folder, signal);
      results.push(recorded);
      if (!options.json) printLines(io.stdout, report(recorded, folder, lineWidth(io.stdout)));
    } catch (error) {
      if (signal.aborted)
        printLines(io.stderr, ['finished runs are kept; the same command goes on from them']);
      signal.throwIfAborted();
      const failure = { paper: chosen[i]!, message: oneLine(reasonOf(error)) };
      failures.push(failure);
      printLines(io.stderr, [`reproduce: ${failure.paper}: ${failure.message}`]);
      if (io.debug) io.stderr.write(`${(error as Error).stack}\n`);
    }
  }
  if (options.json) printJson(io.stdout, { results, failures });
  const everyClaimShows = results.every(({ claims }) =>
    claims.every(({ verdict }) => verdict !== 'does not show'),
  );
  return everyClaimShows && failures.length === 0 ? 0 : 1;
}

/** Runs what is missing of an experiment, keeping every finished run, and writes its results. */
async function reproduceOne(
  io: Io,
  experiment: Experiment,
  folder: string,
  signal: AbortSignal,
): Promise<Results> {
  const { paper, arms, seeds } = experiment;
  const partial = await openPartial(folder, experiment);
  const total = arms.length * seeds.length;
  const done = partial.runs.length;
  printLines(io.stderr, [done > 0 ? `${paper}: going on, ${done} of ${total} runs are done` : paper]);
  const progress = showProgress(io.stderr, experiment, { total, done });
  try {
    for (const seed of seeds) {
      const missing = missingArms(experiment, partial.runs, seed);
      if (missing.length === 0) continue;
      await follow(runExperiment(experiment, { arms: missing, seeds: [seed], signal }), async (event) => {
        progress.show(event);
        if (event.type === 'finished') await partial.add(event.run);
      });
    }
  } finally {
    progress.stop();
  }
  const finishedAt = new Date().toISOString();
  const results = buildResults(experiment, partial.runs, {
    machine: thisMachine(),
    versions: versions(),
    finishedAt,
  });
  await writeWhole(resultsPath(folder, paper), `${JSON.stringify(results)}\n`);
  await partial.remove();
  return results;
}

function missingArms({ arms }: Experiment, runs: readonly Run[], seed: number): string[] {
  const names = arms.map((arm) => arm.name);
  return names.filter((name) => !runs.some((run) => run.arm === name && run.seed === seed));
}

function report(results: Results, folder: string, width: number): string[] {
  return [
    `${results.paper}: ${results.question}`,
    '',
    ...resultsTable(results, width),
    '',
    ...claimLines(results),
    '',
    `${verdictLine(results)}.`,
    `Written to ${resultsPath(folder, results.paper)}`,
    '',
  ];
}
