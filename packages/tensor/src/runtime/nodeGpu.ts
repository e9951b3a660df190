import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import type { InferenceSession } from 'onnxruntime-common';
import type { TypedArray } from '../graph/dtype.js';
import type { TensorType } from '../graph/tensor.js';
import { encodeModel } from '../onnx/model.js';
import { nodePlatform } from './cpu.js';
import { type Download, gpuRuntime } from './gpu.js';
import { type Platform, sessionOptions } from './platform.js';
import type { Runtime, RuntimeOptions } from './runtime.js';

/** Never released: with its last session ONNX Runtime gives up the GPU, and what is kept there would be lost. */
let firstSession: Promise<InferenceSession> | undefined;

/** A GPU from Node. A run blocks this thread until it is handed to the GPU. */
export async function nodeGpuRuntime(options: RuntimeOptions): Promise<Runtime> {
  const platform = await nodePlatform('webgpu', options);
  firstSession ??= copierOf(platform, { dtype: 'float32', shape: [] });
  await firstSession;
  return gpuRuntime(platform, downloadByCopy(platform));
}

/** ONNX Runtime's own way to read a tensor on the GPU ends the process; a model that copies it brings it here. */
function downloadByCopy(platform: Platform): Download {
  const copiers = new Map<string, Promise<InferenceSession>>();
  return async (tensor, type) => {
    const key = `${type.dtype}[${type.shape}]`;
    const copier = copiers.get(key) ?? copierOf(platform, type);
    copiers.set(key, copier);
    const results = await (await copier).run({ x: tensor });
    return results.y!.data as TypedArray;
  };
}

/** A program that copies a tensor. */
export function copierOf(platform: Platform, { dtype, shape }: TensorType): Promise<InferenceSession> {
  const bytes = encodeModel({
    nodes: [{ name: 'copy', type: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    constants: [],
    inputs: [{ name: 'x', dtype, shape }],
    outputs: [{ name: 'y', dtype, shape }],
  });
  return platform.InferenceSession.create(bytes, sessionOptions(platform, 'all'));
}

/** What trying a GPU ends with: the reason why there is none, or nothing. */
let tried: Promise<string> | undefined;

/** Why there is no GPU to compute on; undefined when there is one. Tried once, in another process. */
export async function whyNoGpu(): Promise<string | undefined> {
  tried ??= tryGpu();
  return (await tried) || undefined;
}

const tryGpu = (): Promise<string> =>
  new Promise((resolve) => {
    const probe = createRequire(import.meta.url).resolve('#gpuProbe');
    execFile(process.execPath, [probe], (error, stdout) =>
      resolve(error ? `trying it ended with ${error.signal ?? `exit code ${error.code}`}` : stdout),
    );
  });
