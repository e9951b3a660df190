import { type Run, runExperiment } from '@evenkeel/lab';
import { type Catalogue, findExperiment, follow } from '../experiments.js';
import { isSameData, type Task, type TaskProgress } from './task.js';

/** Milliseconds between two words about a task: more than a screen can show is not sent. */
const tellEvery = 100;

/** Does one task and tells how far it is. @throws whatever the experiment throws, or the signal's reason */
export type DoTask = (
  task: Task,
  tell: (progress: TaskProgress) => void,
  signal?: AbortSignal,
) => Promise<Run>;

/** Does tasks one after the other and keeps the data of the last one for the next with the same paper and seed. */
export function taskDoer(catalogue: Catalogue): DoTask {
  let kept: { readonly task: Task; readonly data: unknown } | undefined;
  return async (task, tell, signal) => {
    const { paper, arm, seed } = task;
    const experiment = await findExperiment(catalogue, 'reproduce', paper)();
    const load: typeof experiment.data.load = async (context) => {
      if (!kept || !isSameData(kept.task, task)) {
        kept = undefined;
        kept = { task, data: await experiment.data.load(context) };
      }
      return kept.data;
    };
    const events = runExperiment(
      { ...experiment, data: { ...experiment.data, load } },
      { arms: [arm], seeds: [seed], ...(signal && { signal }) },
    );
    let progress: TaskProgress = { step: 0, steps: 0, metrics: {} };
    let told = Number.NEGATIVE_INFINITY;
    const [run] = await follow(events, (event) => {
      if (event.type !== 'progress') return;
      const { step, steps, metrics } = event;
      progress = { step, steps, metrics: { ...progress.metrics, ...metrics } };
      if (performance.now() - told < tellEvery) return;
      tell(progress);
      told = performance.now();
    });
    return run!;
  };
}
