import { formatMetric, type Run } from '@evenkeel/lab';
import { MultiBar } from 'cli-progress';
import { type BoardExperiment, createBoard } from './board.js';
import { type Output, oneLine, printLines } from './io.js';
import type { Task, TaskProgress } from './pool/task.js';
import { metricTexts } from './progress.js';

/** Shows how experiments go: a table that is drawn anew in place on a terminal, plain lines otherwise. */
export interface BoardView {
  started(task: Task): void;
  progressed(task: Task, progress: TaskProgress): void;
  finished(task: Task, run: Run): void;
  failed(task: Task): void;
  /** All runs of the experiment are there and judged. */
  ended(paper: string, outcome: string): void;
  /** Leaves the terminal as it was, with the last state of the table; to be called also after an error. */
  stop(): void;
}

/** Milliseconds between two pictures of the table. */
const drawEvery = 200;

/** Milliseconds between two lines about the same run where there is no terminal. */
const lineEvery = 5000;

export function showBoard(output: Output, experiments: readonly BoardExperiment[], jobs: number): BoardView {
  return output.isTTY ? tableView(output, experiments, jobs) : lineView(output, experiments);
}

function tableView(output: Output, experiments: readonly BoardExperiment[], jobs: number): BoardView {
  const board = createBoard(experiments, jobs);
  const bars = new MultiBar({
    stream: output,
    format: (_options, _parameters, { line }) => line,
    hideCursor: true,
    gracefulExit: false,
    fps: 1000 / drawEvery,
  });
  // A row of the terminal stays free for the cursor.
  const height = Math.max(1, Math.min(experiments.length, (output.rows ?? 24) - 1));
  const rows = Array.from({ length: height }, () => bars.create(1, 0, { line: '' }));
  const draw = (): void => {
    const lines = board.lines(performance.now(), (output.columns || 80) - 1, height);
    rows.forEach((row, i) => {
      row.update({ line: oneLine(lines[i] ?? '') });
    });
  };
  draw();
  const timer = setInterval(draw, drawEvery);
  const now = () => performance.now();
  return {
    started: (task) => board.started(task, now()),
    progressed: board.progressed,
    finished: (task, run) => board.finished(task, run, now()),
    failed: (task) => board.failed(task, now()),
    ended: (paper, outcome) => board.ended(paper, outcome, now()),
    stop() {
      clearInterval(timer);
      draw();
      bars.stop();
    },
  };
}

function lineView(output: Output, experiments: readonly BoardExperiment[]): BoardView {
  const states = new Map(
    experiments.map(({ experiment, runs }) => [experiment.paper, { experiment, ended: runs.length }]),
  );
  const lastLines = new Map<string, number>();
  const stateOf = ({ paper }: Task) => states.get(paper)!;
  const say = (task: Task, text: string): void => {
    const { experiment, ended } = stateOf(task);
    const { label } = experiment.arms.find((arm) => arm.name === task.arm)!;
    const count = `${ended}/${experiment.arms.length * experiment.seeds.length}`;
    printLines(output, [`${task.paper} [${count}] ${label}, seed ${task.seed}: ${text}`]);
    lastLines.set(task.paper, performance.now());
  };
  return {
    started: (task) => say(task, 'started'),
    progressed(task, { step, steps, metrics }) {
      if (performance.now() - (lastLines.get(task.paper) ?? 0) < lineEvery) return;
      const measured = metricTexts(stateOf(task).experiment, metrics);
      say(task, [`step ${step} of ${steps}`, ...measured].join(', '));
    },
    finished(task, run) {
      const state = stateOf(task);
      state.ended++;
      const measured = metricTexts(state.experiment, run.metrics);
      say(task, ['done', ...measured, formatMetric(run.seconds, { unit: 'seconds' })].join(', '));
    },
    failed: (task) => say(task, 'failed'),
    ended: (paper, outcome) => printLines(output, [`${paper}: ${outcome}`]),
    stop: () => {},
  };
}
