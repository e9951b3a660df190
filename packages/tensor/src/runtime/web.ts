import { RuntimeError } from '../graph/errors.js';
import { gpuRuntime } from './gpu.js';
import { hostRuntime } from './host.js';
import type { Platform } from './platform.js';
import { queue, type Runtime, type RuntimeName, type RuntimeOptions } from './runtime.js';

type OnnxRuntime = typeof import('onnxruntime-web/wasm');

/** The part of a browser's globals that is looked at. */
interface Page {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: { requestAdapter(): Promise<object | null> } };
}
const page = globalThis as Page;

/** What has started stays as it is: its threads are fixed, and all who use it stand in one queue. */
const started = new Map<OnnxRuntime, Platform>();

function platformOf(
  ort: OnnxRuntime,
  executionProvider: 'wasm' | 'webgpu',
  { threads }: RuntimeOptions,
): Platform {
  const platform = started.get(ort) ?? startedPlatform(ort, executionProvider, threads);
  started.set(ort, platform);
  const running = ort.env.wasm.numThreads;
  if (threads !== undefined && threads !== running) {
    throw new RuntimeError(
      `${executionProvider}: runs with threads: ${running} already, which cannot change to ${threads} in this page`,
    );
  }
  return platform;
}

function startedPlatform(
  { InferenceSession, Tensor, env }: OnnxRuntime,
  executionProvider: 'wasm' | 'webgpu',
  asked: number | undefined,
): Platform {
  if (asked !== undefined && asked > 1 && !page.crossOriginIsolated) {
    throw new RuntimeError(
      `${executionProvider}: ${asked} threads need a page that is cross-origin isolated, by the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp`,
    );
  }
  if (asked !== undefined) env.wasm.numThreads = asked;
  return {
    InferenceSession,
    Tensor,
    executionProvider,
    threads: env.wasm.numThreads ?? 1,
    oneAtATime: queue(),
  };
}

/**
 * ONNX Runtime for browsers (WebAssembly), loaded when something is first computed. It uses threads where the page is
 * cross-origin isolated, and as many as `env.wasm.numThreads` of `onnxruntime-web/wasm` says.
 */
async function wasmRuntime(options: RuntimeOptions): Promise<Runtime> {
  return hostRuntime('wasm', platformOf(await import('onnxruntime-web/wasm'), 'wasm', options), {});
}

/** ONNX Runtime for browsers with a GPU. Its WebAssembly is another file, set by `env` of `onnxruntime-web/webgpu`. */
async function webGpuRuntime(options: RuntimeOptions): Promise<Runtime> {
  const platform = platformOf(await import('onnxruntime-web/webgpu'), 'webgpu', options);
  return gpuRuntime(platform, async (tensor) => (await tensor.getData()) as never);
}

export const defaultName: RuntimeName = 'wasm';

export const defaultRuntime = (): Promise<Runtime> => wasmRuntime({});

/** Why a runtime is not to be had here; undefined when it is. */
export async function whyMissing(name: RuntimeName): Promise<string | undefined> {
  if (name === 'cpu' || name === 'worker') return `${name}: is for Node; in browsers use wasm or webgpu`;
  if (name === 'wasm') return undefined;
  const { gpu } = page.navigator ?? {};
  if (!gpu) return 'webgpu: this browser has no WebGPU, or the page is not served over HTTPS';
  return (await gpu.requestAdapter()) ? undefined : 'webgpu: no adapter: the browser offers no GPU';
}

/** Starts a runtime that is not missing. */
export const startRuntime = (name: RuntimeName, options: RuntimeOptions): Promise<Runtime> =>
  name === 'webgpu' ? webGpuRuntime(options) : wasmRuntime(options);
