import type { FromWorker, RunRequest, ToWorker } from './messages.js';

/** A run that goes on in a worker. After `done`, `stopped` or `failed` nothing more is told. */
export interface Session {
  /** Asks the worker to stop, and ends it if it does not answer within two seconds. */
  stop(): void;
  /** Ends the worker at once; nothing more is told. */
  end(): void;
}

/** Milliseconds. A worker that the browser refuses says nothing at all, so silence has to be noticed. */
const patience = { firstWord: 20_000, stop: 2_000 };

/** Starts a run in a worker of its own and tells `listen` how it goes. */
export function startSession(
  request: RunRequest,
  listen: (message: FromWorker) => void,
  createWorker: () => Worker = runWorker,
): Session {
  const worker = createWorker();
  const send = (message: ToWorker): void => worker.postMessage(message);
  let heard = false;
  let stopping = false;

  const end = (): void => {
    clearTimeout(timer);
    worker.onmessage = worker.onerror = worker.onmessageerror = null;
    worker.terminate();
  };
  const finish = (message: FromWorker): void => {
    end();
    listen(message);
  };
  const fail = (message: string): void =>
    finish({ type: 'failed', failure: { kind: heard ? 'training' : 'worker', message } });

  let timer = setTimeout(
    () => fail(`no answer from the worker in ${patience.firstWord / 1000} s`),
    patience.firstWord,
  );
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (!heard && !stopping) clearTimeout(timer);
    heard = true;
    if (data.type === 'done' || data.type === 'stopped' || data.type === 'failed') finish(data);
    else listen(data);
  };
  worker.onerror = (event) => fail(event.message || 'the worker script could not be loaded');
  worker.onmessageerror = () => fail('the worker sent a message that could not be read');
  send({ type: 'run', request });

  return {
    stop() {
      if (stopping) return;
      stopping = true;
      clearTimeout(timer);
      timer = setTimeout(() => finish({ type: 'stopped' }), patience.stop);
      send({ type: 'stop' });
    },
    end,
  };
}

const runWorker = (): Worker =>
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'evenkeel-run' });
