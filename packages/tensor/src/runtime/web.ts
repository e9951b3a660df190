import { hostRuntime } from './host.js';
import type { Runtime } from './runtime.js';

/**
 * ONNX Runtime for browsers (WebAssembly), loaded when something is first computed. It uses threads where the page is
 * cross-origin isolated, and as many as `env.wasm.numThreads` of `onnxruntime-web/wasm` says.
 */
export async function defaultRuntime(): Promise<Runtime> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web/wasm');
  const threads = env.wasm.numThreads ?? 1;
  return hostRuntime('wasm', { InferenceSession, Tensor, executionProvider: 'wasm', threads }, {});
}
