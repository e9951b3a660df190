import type { Run } from '@evenkeel/lab';
import { isSameData, type Task, type TaskProgress, type TaskWorker, WorkerEnded } from './task.js';

/** Who is told what happens to tasks. */
export interface TaskListener {
  started(task: Task): void;
  progressed(task: Task, progress: TaskProgress): void;
  /** The next task of the same worker waits for it. */
  finished(task: Task, run: Run): void | Promise<void>;
  failed(task: Task, error: Error): void | Promise<void>;
}

export interface PoolOptions {
  /** Most tasks at the same time. */
  readonly jobs: number;
  readonly startWorker: () => TaskWorker;
  readonly signal: AbortSignal;
  readonly listener: TaskListener;
}

/**
 * Does tasks, as many at a time as there are jobs. A task that fails, or whose worker ends, does not keep the others
 * from being done. No worker is left when it returns or throws.
 * @throws the signal's reason once it is aborted; whatever the listener throws
 */
export async function doAll(tasks: readonly Task[], options: PoolOptions): Promise<void> {
  const { jobs, startWorker, listener } = options;
  const failure = new AbortController();
  const signal = AbortSignal.any([options.signal, failure.signal]);
  const queue = taskQueue(tasks);

  async function work(): Promise<void> {
    let worker: TaskWorker | undefined;
    const end = () => worker?.end();
    signal.addEventListener('abort', end);
    try {
      let task = queue.take();
      while (task && !signal.aborted) {
        const current = task;
        worker ??= startWorker();
        listener.started(current);
        const outcome = await worker
          .run(current, (progress) => listener.progressed(current, progress))
          .catch((error: Error) => error);
        if (!(outcome instanceof Error)) await listener.finished(current, outcome);
        else if (!signal.aborted) await listener.failed(current, outcome);
        if (outcome instanceof WorkerEnded) worker = undefined;
        task = queue.take(current);
      }
    } catch (error) {
      failure.abort(error);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, work));
  signal.throwIfAborted();
}

/**
 * Hands out tasks so that data are loaded seldom: a worker gets what needs the data it has; otherwise the first paper
 * with tasks left is gone on with, at a seed that nobody works on if there is one.
 */
function taskQueue(tasks: readonly Task[]) {
  const waiting = [...tasks];
  const underWay = new Set<Task>();
  return {
    /** @param done the task that the same worker has ended with */
    take(done?: Task): Task | undefined {
      if (done) underWay.delete(done);
      const held = (task: Task) => [...underWay].some((other) => isSameData(other, task));
      const ofFirstPaper = waiting.filter((task) => task.paper === waiting[0]!.paper);
      const next =
        (done && waiting.find((task) => isSameData(task, done))) ??
        ofFirstPaper.find((task) => !held(task)) ??
        waiting[0];
      if (!next) return undefined;
      waiting.splice(waiting.indexOf(next), 1);
      underWay.add(next);
      return next;
    },
  };
}
