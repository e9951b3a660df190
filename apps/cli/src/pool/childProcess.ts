import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Run } from '@evenkeel/lab';
import { formatMetric } from '@evenkeel/lab';
import type { ChildMessage } from './messages.js';
import { type Task, type TaskProgress, type TaskWorker, WorkerEnded } from './task.js';

/** Lines of a child's output that are told when it ends in the middle of a task. */
const toldLines = 5;

/** The task that a child has been given. */
interface Pending {
  readonly tell: (progress: TaskProgress) => void;
  readonly resolve: (run: Run) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A child process that does tasks.
 * @param program what it runs: a module that calls `serveTasks`
 * @param patience seconds without a word after which a task counts as hanging and the child is ended
 */
export function childProcess(program: URL, patience: number): TaskWorker {
  const child = fork(program, {
    // Progress may hold NaN, which JSON has not.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // One thread for each child, however many children there are: sums are then added up in one order on every machine,
    // so that results do not depend on how many runs go on at the same time, and no core has two threads to serve.
    env: { ...process.env, EVENKEEL_THREADS: '1' },
  });
  const lines = lastLines([child.stdout!, child.stderr!]);
  let pending: Pending | undefined;
  let ended: string | undefined;
  const end = (reason: string): void => {
    ended ??= reason;
    child.kill('SIGKILL');
  };
  const silence = setTimeout(() => {
    if (pending) end(`nothing heard for ${formatMetric(patience, { unit: 'seconds' })}`);
  }, 1000 * patience);

  const settle = (): Pending | undefined => {
    const settled = pending;
    pending = undefined;
    return settled;
  };
  child.on('message', (message: ChildMessage) => {
    silence.refresh();
    if (message.type === 'progress') pending?.tell(message.progress);
    if (message.type === 'finished') settle()?.resolve(message.run);
    if (message.type === 'failed') {
      const { stack } = message;
      settle()?.reject(Object.assign(new Error(message.message), stack === undefined ? {} : { stack }));
    }
  });
  child.once('error', (error) => end(error.message));
  // All output is there by then.
  const closed = once(child, 'close').then(
    ([code, signal]) => `the process ended with ${signal ?? `exit code ${code}`}`,
    (error: Error) => error.message,
  );
  closed.then((reason) => {
    clearTimeout(silence);
    ended ??= reason;
    settle()?.reject(new WorkerEnded([ended, ...lines].join('\n')));
  });

  return {
    run: (task: Task, tell) =>
      new Promise<Run>((resolve, reject) => {
        if (ended !== undefined) return reject(new WorkerEnded([ended, ...lines].join('\n')));
        pending = { tell, resolve, reject };
        silence.refresh();
        child.send(task, (error) => error && end(error.message));
      }),
    end: () => end('ended'),
  };
}

/** The last lines that the streams carry, kept up to date. */
function lastLines(streams: readonly Readable[]): readonly string[] {
  const lines: string[] = [];
  for (const input of streams) {
    createInterface({ input }).on('line', (line) => {
      if (line.trim() === '') return;
      lines.push(line);
      if (lines.length > toldLines) lines.shift();
    });
  }
  return lines;
}
