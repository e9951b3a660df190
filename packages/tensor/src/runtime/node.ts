import { availableParallelism } from 'node:os';
import { channelBlockOf } from './channelBlock.js';
import type { Platform } from './platform.js';

/** ONNX Runtime for Node, loaded when something is first computed. */
export async function loadPlatform(): Promise<Platform> {
  // CommonJS, whose named exports are not all visible to `import`.
  const { default: ort } = await import('onnxruntime-node');
  const threads = Number(process.env.EVENKEEL_THREADS) || availableParallelism();
  const { InferenceSession, Tensor } = ort;
  const target = { channelBlock: await channelBlockOf(InferenceSession, Tensor) };
  return { InferenceSession, Tensor, executionProvider: 'cpu', threads, target };
}
