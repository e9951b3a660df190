import { availableParallelism } from 'node:os';
import type { Platform } from './platform.js';

/** ONNX Runtime for Node, loaded when something is first computed. */
export async function loadPlatform(): Promise<Platform> {
  // CommonJS, whose named exports are not all visible to `import`.
  const { default: ort } = await import('onnxruntime-node');
  const threads = Number(process.env.EVENKEEL_THREADS) || availableParallelism();
  return { InferenceSession: ort.InferenceSession, Tensor: ort.Tensor, executionProvider: 'cpu', threads };
}
