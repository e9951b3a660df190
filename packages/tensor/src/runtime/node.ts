import { cpuRuntime } from './cpu.js';
import { nodeGpuRuntime, whyNoGpu } from './nodeGpu.js';
import type { Runtime, RuntimeName, RuntimeOptions } from './runtime.js';
import { workerRuntime } from './worker.js';

/** What runs unless something else is asked for. */
export const defaultName: RuntimeName = 'cpu';

export const defaultRuntime = (): Promise<Runtime> => cpuRuntime({});

/** Why a runtime is not to be had here; undefined when it is. */
export async function whyMissing(name: RuntimeName): Promise<string | undefined> {
  if (name === 'wasm') return 'wasm: WebAssembly is for browsers; in Node use cpu or worker';
  const noGpu = name === 'webgpu' ? await whyNoGpu() : undefined;
  return noGpu && `webgpu: no adapter: ${noGpu}`;
}

/** Starts a runtime that is not missing. */
export function startRuntime(name: RuntimeName, options: RuntimeOptions): Promise<Runtime> {
  if (name === 'webgpu') return nodeGpuRuntime(options);
  return name === 'worker' ? workerRuntime(options) : cpuRuntime(options);
}
