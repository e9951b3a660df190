import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { buildResults, type Experiment, type Results } from '@evenkeel/lab';
import { type BoardView, showBoard } from '../boardView.js';
import { reasonOf } from '../errors.js';
import { findExperiment, runnable } from '../experiments.js';
import { type Io, lineWidth, oneLine, printJson, printLines } from '../io.js';
import { thisMachine, versions } from '../machine.js';
import { openPartial, type Partial } from '../partial.js';
import { doAll, type TaskListener } from '../pool/pool.js';
import type { Task } from '../pool/task.js';
import { readRecorded, resultsPath, verdictMarks, writeWhole } from '../recorded.js';
import { claimLines, resultsTable, verdictLine } from '../report.js';
import { checkPlace, writePages } from './report.js';

export interface ReproduceOptions {
  readonly out: string;
  /** Most runs at the same time; as many as there are cores when left out. */
  readonly jobs?: number;
  /** Seconds without progress after which a run counts as failed. */
  readonly patience: number;
  /** Where report pages go; none are made when left out. */
  readonly report?: string;
  readonly json?: true;
}

/** An experiment, or a run of it, that could not be done. */
interface Failure {
  readonly paper: string;
  readonly arm?: string;
  readonly seed?: number;
  readonly message: string;
}

/** An experiment, and what has been done of it. */
interface Project {
  readonly experiment: Experiment;
  readonly partial: Partial;
}

/**
 * Runs experiments with all arms and seeds, several runs at a time, judges them and records the results. What fails
 * does not keep the rest from being done. Returns 1 when something failed or a claim does not show.
 */
export async function reproduce(
  io: Io,
  slugs: readonly string[],
  options: ReproduceOptions,
): Promise<number> {
  const chosen = [...new Set(slugs.length > 0 ? slugs : runnable(io))];
  const loaders = chosen.map((slug) => findExperiment(io, 'reproduce', slug));
  if (options.report !== undefined) checkPlace('reproduce: --report', options.report, chosen.length);
  const folder = resolve(io.workingDir, options.out);
  await mkdir(folder, { recursive: true });
  const signal = io.interruption();
  const failures: Failure[] = [];
  const fail = (failure: Failure): void => {
    failures.push(failure);
    printLines(io.stderr, failureLines(failure));
  };
  const projects: Project[] = [];
  const code = await io.code();
  for (const [i, load] of loaders.entries()) {
    try {
      const experiment = await load();
      projects.push({ experiment, partial: await openPartial(folder, experiment, code) });
    } catch (error) {
      fail({ paper: chosen[i]!, message: reasonOf(error) });
    }
  }
  const recorded = await doProjects(io, projects, { ...options, folder, signal, fail });
  const results = projects.flatMap(({ experiment: { paper } }) => recorded.get(paper) ?? []);
  if (options.json) printJson(io.stdout, { results, failures });
  else for (const each of results) printLines(io.stdout, report(each, folder, lineWidth(io.stdout)));
  if (options.report !== undefined && results.length > 0) {
    printLines(io.stderr, [`report: ${await writePages(io, results, options.report)}`]);
  }
  const everyClaimShows = results.every(({ claims }) =>
    claims.every(({ verdict }) => verdict !== 'does not show'),
  );
  return everyClaimShows && failures.length === 0 ? 0 : 1;
}

interface Shared extends ReproduceOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly fail: (failure: Failure) => void;
}

/** Does what is missing of the projects, keeping every finished run; the results of those that are whole, by slug. */
async function doProjects(
  io: Io,
  projects: readonly Project[],
  shared: Shared,
): Promise<Map<string, Results>> {
  const { folder, signal, fail, patience } = shared;
  const jobs = shared.jobs ?? availableParallelism();
  for (const { experiment, partial } of projects) {
    const done = partial.runs.length;
    if (done > 0)
      printLines(io.stderr, [
        `${experiment.paper}: going on, ${done} of ${sizeOf(experiment)} runs are done`,
      ]);
  }
  const board = await boardOf(io, projects, { jobs, folder });
  const results = new Map<string, Results>();
  const conclude = async (project: Project): Promise<void> => {
    const recorded = await record(project, folder);
    results.set(recorded.paper, recorded);
    board.ended(recorded.paper, verdictMarks[recorded.verdict]);
  };
  const projectOf = ({ paper }: Task) => projects.find(({ experiment }) => experiment.paper === paper)!;
  const failed: Failure[] = [];
  const listener: TaskListener = {
    started: board.started,
    progressed: board.progressed,
    async finished(task, run) {
      const project = projectOf(task);
      const kept = project.partial.add(run);
      // Asked before anything is waited for: of several runs that end together only the last one concludes.
      const last = isWhole(project);
      board.finished(task, run);
      await kept;
      if (last) await conclude(project);
    },
    failed(task, error) {
      board.failed(task);
      failed.push({ ...task, message: reasonOf(error) });
    },
  };
  try {
    // A program that was stopped after the last run left nothing but the verdict to be made.
    for (const project of projects.filter(isWhole)) await conclude(project);
    const startWorker = () => io.startWorker(patience);
    await doAll(projects.flatMap(missingTasks), { jobs, signal, startWorker, listener });
  } finally {
    board.stop();
    failed.forEach(fail);
    if (signal.aborted) printLines(io.stderr, ['finished runs are kept; the same command goes on from them']);
  }
  return results;
}

async function boardOf(
  io: Io,
  projects: readonly Project[],
  { jobs, folder }: { jobs: number; folder: string },
): Promise<BoardView> {
  const experiments = await Promise.all(
    projects.map(async ({ experiment, partial }) => ({
      experiment,
      runs: [...partial.runs],
      recorded: await readRecorded(io, experiment.paper, folder),
    })),
  );
  return showBoard(io.stderr, experiments, jobs);
}

/** Judges a project all of whose runs are there and writes its results. */
async function record({ experiment, partial }: Project, folder: string): Promise<Results> {
  const results = buildResults(experiment, partial.runs, {
    machine: thisMachine(),
    versions: versions(),
    finishedAt: new Date().toISOString(),
  });
  await writeWhole(resultsPath(folder, experiment.paper), `${JSON.stringify(results)}\n`);
  await partial.remove();
  return results;
}

const sizeOf = ({ arms, seeds }: Experiment): number => arms.length * seeds.length;

const isWhole = ({ experiment, partial }: Project): boolean => partial.runs.length === sizeOf(experiment);

/** The runs that are not there yet, by seed, then by arm. */
function missingTasks({ experiment, partial }: Project): Task[] {
  const { paper, arms, seeds } = experiment;
  const tasks = seeds.flatMap((seed) => arms.map((arm) => ({ paper, arm: arm.name, seed })));
  return tasks.filter(({ arm, seed }) => !partial.runs.some((run) => run.arm === arm && run.seed === seed));
}

/** What went wrong, and below it the last words of a process that has ended. */
function failureLines({ paper, arm, seed, message }: Failure): string[] {
  const where = arm === undefined ? paper : `${paper}: arm ${arm}, seed ${seed}`;
  const [first, ...more] = message.split('\n').map(oneLine);
  return [`reproduce: ${where}: ${first}`, ...more.map((line) => `    ${line}`)];
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
