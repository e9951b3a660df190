import type { Catalogue } from '../experiments.js';
import { taskDoer } from '../pool/doTask.js';
import { type TaskWorker, WorkerEnded } from '../pool/task.js';

/** Does tasks in this process, so that a test sees what its experiments do. */
export function localWorker(catalogue: Catalogue): TaskWorker {
  const doTask = taskDoer(catalogue);
  const controller = new AbortController();
  return {
    run: (task, tell) => doTask(task, tell, controller.signal),
    end: () => controller.abort(new WorkerEnded('ended')),
  };
}
