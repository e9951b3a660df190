import type { Metrics, Run } from '@evenkeel/lab';

/** One arm of an experiment with one seed: the smallest piece of work that is kept. */
export interface Task {
  /** Slug of the paper or example. */
  readonly paper: string;
  readonly arm: string;
  readonly seed: number;
}

/** How far a task is. */
export interface TaskProgress {
  readonly step: number;
  readonly steps: number;
  /** The latest value of each metric so far: not every one is measured at every step. */
  readonly metrics: Metrics;
}

/** Who does tasks, one at a time. */
export interface TaskWorker {
  /** @throws Error with what went wrong; WorkerEnded when no further task can be given to it */
  run(task: Task, tell: (progress: TaskProgress) => void): Promise<Run>;
  /** Ends it at once, in the middle of a task if need be. */
  end(): void;
}

/** A worker has ended, or was ended because nothing was heard from it. */
export class WorkerEnded extends Error {
  override readonly name = 'WorkerEnded';
}

export const isSameData = (a: Task, b: Task): boolean => a.paper === b.paper && a.seed === b.seed;
