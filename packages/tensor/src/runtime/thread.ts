import type { Worker } from 'node:worker_threads';
import { RuntimeError } from '../graph/errors.js';
import type { Answer, Question, Request } from './messages.js';

/** A conversation with the thread of the worker runtime. */
export interface Thread {
  /** Whether it is no more. */
  readonly ended: boolean;
  /**
   * @param transfer buffers of the request that move to the thread
   * @throws RuntimeError when the thread has ended; Error with what went wrong there
   */
  ask(request: Request, transfer?: readonly ArrayBuffer[]): Promise<Given>;
  /** As `ask`, of what cannot go wrong: nothing comes back. */
  tell(request: Request, transfer?: readonly ArrayBuffer[]): void;
  /** Frees elements, together with all others that are freed in the same task. */
  free(elements: number): void;
}

type Given = Extract<Answer, { given: unknown }>['given'];

interface Waiting {
  resolve(given: Given): void;
  reject(error: Error): void;
}

export function connect(worker: Worker): Thread {
  const waiting = new Map<number, Waiting>();
  let questions = 0;
  let end: RuntimeError | undefined;
  let freed: number[] = [];

  const post = (request: Request, transfer: readonly ArrayBuffer[] = []): number => {
    const id = questions++;
    worker.postMessage({ id, request } satisfies Question, transfer);
    return id;
  };
  const tell: Thread['tell'] = (request, transfer) => {
    if (!end) post(request, transfer);
  };
  const finish = (reason: string, cause?: unknown): void => {
    end ??= new RuntimeError(`worker: the thread has ended (${reason}), and with it every tensor in it`, {
      cause,
    });
    for (const { reject } of waiting.values()) reject(end);
    waiting.clear();
  };

  worker.on('message', (answer: Answer) => {
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    // The process may end while nothing is asked, but not while somebody waits.
    if (waiting.size === 0) worker.unref();
    if ('error' in answer) asker?.reject(new Error(answer.error));
    else asker?.resolve(answer.given);
  });
  worker.on('error', (error) => finish(error instanceof Error ? error.message : String(error), error));
  worker.on('exit', (code) => finish(`exit code ${code}`));
  worker.unref();

  return {
    get ended() {
      return end !== undefined;
    },
    ask(request, transfer) {
      if (end) return Promise.reject(end);
      worker.ref();
      return new Promise((resolve, reject) => waiting.set(post(request, transfer), { resolve, reject }));
    },
    tell,
    free(elements) {
      if (freed.push(elements) > 1) return;
      queueMicrotask(() => {
        tell({ type: 'free', elements: freed });
        freed = [];
      });
    },
  };
}
