import type { Budget, Run, RunEvent } from '@evenkeel/lab';

/** One live run: some arms of one experiment, with one seed. */
export interface RunRequest {
  readonly slug: string;
  readonly arms: readonly string[];
  readonly seed: number;
  readonly budget: Budget;
}

/** What the page tells the worker. */
export type ToWorker = { readonly type: 'run'; readonly request: RunRequest } | { readonly type: 'stop' };

/** Why a run could not start or go on; `message` is the cause in the words of whoever noticed. */
export interface Failure {
  readonly kind: 'webassembly' | 'worker' | 'runtime' | 'experiment' | 'memory' | 'training';
  readonly message: string;
}

/** What the worker tells the page. `received` and `total` are bytes. */
export type FromWorker =
  | { readonly type: 'loading'; readonly received: number; readonly total: number }
  | { readonly type: 'ready'; readonly threads: number }
  | RunEvent
  | { readonly type: 'done'; readonly runs: readonly Run[] }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly failure: Failure };
