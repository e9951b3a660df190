import { defaultRuntime } from '#runtime';
import type { Runtime } from './runtime.js';

let current: Promise<Runtime> | undefined;

/** Where programs run now. */
export function currentRuntime(): Promise<Runtime> {
  current ??= defaultRuntime();
  return current;
}
