import { availableParallelism } from 'node:os';
import { channelBlockOf } from './channelBlock.js';
import { hostRuntime } from './host.js';
import type { Platform } from './platform.js';
import { queue, type Runtime, type RuntimeOptions } from './runtime.js';

/** ONNX Runtime for Node. It is loaded here, when something is first computed. */
export async function nodePlatform(
  executionProvider: string,
  { threads = Number(process.env.EVENKEEL_THREADS) || availableParallelism() }: RuntimeOptions,
): Promise<Platform> {
  // CommonJS, whose named exports are not all visible to `import`.
  const { default: ort } = await import('onnxruntime-node');
  const { InferenceSession, Tensor } = ort;
  return { InferenceSession, Tensor, executionProvider, threads, oneAtATime: queue() };
}

/** The processor, from this thread: a run blocks it until it is done. */
export async function cpuRuntime(options: RuntimeOptions): Promise<Runtime> {
  const platform = await nodePlatform('cpu', options);
  return hostRuntime('cpu', platform, { channelBlock: await channelBlockOf(platform) });
}
