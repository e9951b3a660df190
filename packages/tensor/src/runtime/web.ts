import type { Platform } from './platform.js';

/**
 * ONNX Runtime for browsers (WebAssembly), loaded when something is first computed. It uses threads where the page is
 * cross-origin isolated, and as many as `env.wasm.numThreads` of `onnxruntime-web/wasm` says.
 */
export async function loadPlatform(): Promise<Platform> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web/wasm');
  return {
    InferenceSession,
    Tensor,
    executionProvider: 'wasm',
    threads: env.wasm.numThreads ?? 1,
    target: {},
  };
}
