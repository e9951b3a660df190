import { Worker } from 'node:worker_threads';
import { reasonOf } from '../errors.js';
import type { Catalogue } from '../experiments.js';
import { taskDoer } from './doTask.js';
import type { ChildMessage } from './messages.js';
import type { Task } from './task.js';

/** Does the tasks that the parent process sends, until it goes away. */
export function serveTasks(catalogue: Catalogue): void {
  const doTask = taskDoer(catalogue);
  const say = (message: ChildMessage) => process.send!(message);
  // Ctrl-C reaches all processes of a terminal: the parent decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit());
  endWithParent();
  process.on('message', async (task: Task) => {
    try {
      const run = await doTask(task, (progress) => say({ type: 'progress', progress }));
      say({ type: 'finished', run });
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      say({ type: 'failed', message: reasonOf(error), stack });
    }
  });
}

/**
 * A step that takes long keeps this thread from hearing that the parent was killed, so another one watches. Where a
 * process keeps the number of a parent that is gone (Windows), the end of the step has to do.
 */
function endWithParent(): void {
  const watch = `setInterval(() => {
    if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL');
  }, 1000);`;
  new Worker(watch, { eval: true }).unref();
}
