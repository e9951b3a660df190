import { availableParallelism } from 'node:os';
import { channelBlockOf } from './channelBlock.js';
import { hostRuntime } from './host.js';
import type { Platform } from './platform.js';
import type { Runtime, RuntimeOptions } from './runtime.js';

/** ONNX Runtime for Node, loaded when something is first computed. */
export async function loadPlatform(
  executionProvider: string,
  { threads = Number(process.env.EVENKEEL_THREADS) || availableParallelism() }: RuntimeOptions = {},
): Promise<Platform> {
  // CommonJS, whose named exports are not all visible to `import`.
  const { default: ort } = await import('onnxruntime-node');
  const { InferenceSession, Tensor } = ort;
  return { InferenceSession, Tensor, executionProvider, threads };
}

export async function cpuRuntime(options?: RuntimeOptions): Promise<Runtime> {
  const platform = await loadPlatform('cpu', options);
  return hostRuntime('cpu', platform, { channelBlock: await channelBlockOf(platform) });
}

export const defaultRuntime = (): Promise<Runtime> => cpuRuntime();
