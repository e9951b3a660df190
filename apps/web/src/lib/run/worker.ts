import { experimentOf } from './experiments.js';
import { failureFrom } from './failure.js';
import type { Failure, FromWorker, RunRequest, ToWorker } from './messages.js';
import { loadRuntime } from './runtime.js';
import { train } from './train.js';

const stopping = new AbortController();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'stop') stopping.abort();
  else void run(data.request);
});

const post = (message: FromWorker): void => postMessage(message);

/** Does one run; whatever goes wrong is told as data. */
async function run(request: RunRequest): Promise<void> {
  let stage: Failure['kind'] = 'runtime';
  try {
    const threads = await loadRuntime((received, total) => post({ type: 'loading', received, total }));
    stage = 'experiment';
    const load = experimentOf(request.slug);
    if (!load) throw new Error(`there is no experiment named “${request.slug}”`);
    const experiment = await load();
    stage = 'training';
    post({ type: 'ready', threads });
    await train(experiment, request, post, stopping.signal);
  } catch (error) {
    post(
      stopping.signal.aborted ? { type: 'stopped' } : { type: 'failed', failure: failureFrom(stage, error) },
    );
  }
}
