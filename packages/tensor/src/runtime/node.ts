import { RuntimeError } from '../graph/errors.js';
import { cpuRuntime } from './cpu.js';
import type { Runtime, RuntimeName, RuntimeOptions } from './runtime.js';
import { workerRuntime } from './worker.js';

export const defaultRuntime = (): Promise<Runtime> => cpuRuntime({});

/** Starts a runtime in Node. @throws RuntimeError with the reason where there is none */
export function startRuntime(name: RuntimeName, options: RuntimeOptions): Promise<Runtime> {
  if (name === 'cpu') return cpuRuntime(options);
  if (name === 'worker') return workerRuntime(options);
  throw new RuntimeError('wasm: WebAssembly is for browsers; use cpu or worker in Node');
}
