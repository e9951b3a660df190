import { type Experiment, formatMetric, type Results, type Run } from '@evenkeel/lab';
import type { Task, TaskProgress } from './pool/task.js';
import { metricTexts } from './progress.js';

/** An experiment on the board. */
export interface BoardExperiment {
  readonly experiment: Experiment;
  /** Runs that are there already. */
  readonly runs: readonly Run[];
  /** Of an earlier time: how long runs took then. */
  readonly recorded?: Results | undefined;
}

/** How the experiments of `evenkeel reproduce` stand. Times are milliseconds of one clock. */
export interface Board {
  started(task: Task, now: number): void;
  progressed(task: Task, progress: TaskProgress): void;
  finished(task: Task, run: Run, now: number): void;
  failed(task: Task, now: number): void;
  /** All runs are there, and this is what came out, such as `● reproduced`. */
  ended(paper: string, outcome: string, now: number): void;
  /** At most `count` lines of at most `width` characters, one for each experiment; where there are more, those under way first. */
  lines(now: number, width: number, count: number): string[];
}

interface RunningTask {
  readonly task: Task;
  readonly since: number;
  progress?: TaskProgress;
}

/** A line of the board. */
interface Row {
  readonly experiment: Experiment;
  readonly total: number;
  readonly running: Map<string, RunningTask>;
  /** Seconds of the runs that have ended, by arm. */
  readonly seconds: Map<string, number[]>;
  done: number;
  failed: number;
  since?: number;
  until?: number;
  outcome?: string;
}

const seconds = { unit: 'seconds' } as const;

/** @param jobs how many runs go on at the same time */
export function createBoard(experiments: readonly BoardExperiment[], jobs: number): Board {
  const rows = new Map(experiments.map((each) => [each.experiment.paper, rowOf(each)]));
  const nameWidth = Math.max(...[...rows.keys()].map((slug) => slug.length), 0);

  function leave(row: Row, task: Task, now: number): void {
    row.running.delete(keyOf(task));
    if (row.running.size === 0) row.until = now;
  }

  return {
    started(task, now) {
      const row = rows.get(task.paper)!;
      row.running.set(keyOf(task), { task, since: now });
      row.since ??= now;
      delete row.until;
    },
    progressed(task, progress) {
      const running = rows.get(task.paper)!.running.get(keyOf(task));
      if (running) running.progress = progress;
    },
    finished(task, run, now) {
      const row = rows.get(task.paper)!;
      row.done++;
      addSeconds(row, run.arm, run.seconds);
      leave(row, task, now);
    },
    failed(task, now) {
      const row = rows.get(task.paper)!;
      row.failed++;
      leave(row, task, now);
    },
    ended(paper, outcome, now) {
      const row = rows.get(paper)!;
      row.outcome = outcome;
      row.until = now;
    },
    lines(now, width, count) {
      const all = [...rows.values()];
      const shown = all.length <= count ? all : byInterest(all).slice(0, Math.max(count - 1, 0));
      const lines = shown.map((row) => lineOf(row, { now, jobs, nameWidth }));
      if (shown.length < all.length) lines.push(restLine(all.filter((row) => !shown.includes(row))));
      return lines.map((line) => cut(line, width));
    },
  };
}

function rowOf({ experiment, runs, recorded }: BoardExperiment): Row {
  const row: Row = {
    experiment,
    total: experiment.arms.length * experiment.seeds.length,
    running: new Map(),
    seconds: new Map(),
    done: runs.length,
    failed: 0,
  };
  const earlier = recorded?.arms.flatMap((arm) => arm.runs) ?? [];
  for (const run of runs.length > 0 ? runs : earlier) addSeconds(row, run.arm, run.seconds);
  return row;
}

function addSeconds(row: Row, arm: string, taken: number): void {
  row.seconds.set(arm, [...(row.seconds.get(arm) ?? []), taken]);
}

const keyOf = ({ arm, seed }: Task): string => `${arm} ${seed}`;

/** Those under way, then those that wait, then those that are done, each in their order. */
function byInterest(rows: readonly Row[]): Row[] {
  const rank = (row: Row) => (row.running.size > 0 ? 0 : row.done + row.failed < row.total ? 1 : 2);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

function lineOf(row: Row, shared: { now: number; jobs: number; nameWidth: number }): string {
  const { experiment, done, failed, total, running, outcome } = row;
  const count = `${String(done).padStart(String(total).length)}/${total}`;
  const state = [
    `${experiment.paper.padEnd(shared.nameWidth)}  ${count}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(outcome === undefined ? [] : [outcome]),
    ...timeTexts(row, shared),
    [...running.values()].map((each) => runningText(experiment, each)).join('; '),
  ];
  return state.filter((text) => text !== '').join('  ');
}

function timeTexts(row: Row, { now, jobs }: { now: number; jobs: number }): string[] {
  if (row.since === undefined) return row.done < row.total ? ['waiting'] : [];
  const elapsed = formatMetric(Math.round(((row.until ?? now) - row.since) / 1000), seconds);
  const rest = row.done + row.failed < row.total ? expectedRest(row, now, jobs) : undefined;
  return [rest === undefined ? elapsed : `${elapsed}, about ${formatMetric(Math.ceil(rest), seconds)} to go`];
}

/** Seconds until the runs of an experiment are done if it has all jobs; undefined while nothing tells. */
function expectedRest(row: Row, now: number, jobs: number): number | undefined {
  const { experiment, running, seconds: taken } = row;
  const lanes = Math.max(1, Math.min(jobs, row.total - row.done - row.failed));
  const typical = (arm: string) => meanOf(taken.get(arm) ?? [...taken.values()].flat());
  const parts = [...running.values()].map(({ task, since, progress }) => {
    const spent = (now - since) / 1000;
    const part = progress && progress.steps > 0 ? progress.step / progress.steps : 0;
    return part > 0 ? (spent * (1 - part)) / part : restOf(typical(task.arm), spent);
  });
  const ended = row.done + row.failed + running.size;
  const perRun = meanOf(experiment.arms.flatMap(({ name }) => typical(name) ?? []));
  if (ended < row.total) parts.push(perRun === undefined ? undefined : perRun * (row.total - ended));
  if (parts.includes(undefined)) return undefined;
  return parts.reduce<number>((sum, part) => sum + part!, 0) / lanes;
}

const restOf = (typical: number | undefined, spent: number): number | undefined =>
  typical === undefined ? undefined : Math.max(typical - spent, 0);

const meanOf = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

function runningText(experiment: Experiment, { task, progress }: RunningTask): string {
  const { label } = experiment.arms.find((arm) => arm.name === task.arm)!;
  const name = `${label}, seed ${task.seed}`;
  if (!progress) return `${name}: starting`;
  const measured = metricTexts(experiment, progress.metrics, 1);
  return [`${name}: step ${progress.step} of ${progress.steps}`, ...measured].join(', ');
}

function restLine(rows: readonly Row[]): string {
  const done = rows.filter((row) => row.done + row.failed === row.total).length;
  const states = [
    ...(done > 0 ? [`${done} done`] : []),
    ...(done < rows.length ? [`${rows.length - done} waiting`] : []),
  ];
  return `and ${rows.length} more: ${states.join(', ')}`;
}

/** The beginning of a text that is too long, in at most `width` characters. */
function cut(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(width - 1, 0)).join('')}…`;
}
