import { type Experiment, runExperiment } from '@evenkeel/lab';
import type { FromWorker, RunRequest } from './messages.js';
import { throttleProgress } from './throttle.js';

/** How long the worker may compute before it looks whether Stop was pressed, in milliseconds. */
const breathEvery = 50;

/**
 * Runs the asked arms side by side and posts what happens: thinned progress, and at the end `done` or, after an abort,
 * `stopped`.
 * @throws whatever an arm throws, once the progress held back is posted
 */
export async function train(
  experiment: Experiment,
  { arms, seed, budget }: RunRequest,
  post: (message: FromWorker) => void,
  signal: AbortSignal,
): Promise<void> {
  const throttle = throttleProgress(post);
  const breathe = breather();
  const events = runExperiment(experiment, { arms, seeds: [seed], budget, order: 'interleaved', signal });
  try {
    while (!signal.aborted) {
      const next = await events.next();
      if (next.done) {
        post({ type: 'done', runs: next.value });
        return;
      }
      throttle.push(next.value);
      await breathe();
    }
    await events.return([]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    throttle.flush();
  }
  post({ type: 'stopped' });
}

/**
 * Lets waiting messages in now and then. Training in WebAssembly resolves in microtasks, so without this a Stop would
 * wait for the end. A message channel, because timers are slowed down in background tabs.
 */
function breather(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let last = performance.now();
  return async () => {
    if (performance.now() - last < breathEvery) return;
    await new Promise<void>((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(null);
    });
    last = performance.now();
  };
}
