import type { Run } from '@evenkeel/lab';
import type { TaskProgress } from './task.js';

/** What a child process says about the task that it was given. */
export type ChildMessage =
  | { readonly type: 'progress'; readonly progress: TaskProgress }
  | { readonly type: 'finished'; readonly run: Run }
  | { readonly type: 'failed'; readonly message: string; readonly stack: string | undefined };
