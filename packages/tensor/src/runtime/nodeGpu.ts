import type { InferenceSession } from 'onnxruntime-common';
import type { TypedArray } from '../graph/dtype.js';
import type { TensorType } from '../graph/tensor.js';
import { encodeModel } from '../onnx/model.js';
import { nodePlatform } from './cpu.js';
import { type Download, gpuRuntime } from './gpu.js';
import { type Platform, sessionOptions } from './platform.js';
import type { Runtime, RuntimeOptions } from './runtime.js';

/** A GPU from Node. A run blocks this thread until it is handed to the GPU. */
export async function nodeGpuRuntime(options: RuntimeOptions): Promise<Runtime> {
  const platform = await nodePlatform('webgpu', options);
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

function copierOf(platform: Platform, { dtype, shape }: TensorType): Promise<InferenceSession> {
  const bytes = encodeModel({
    nodes: [{ name: 'copy', type: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    constants: [],
    inputs: [{ name: 'x', dtype, shape }],
    outputs: [{ name: 'y', dtype, shape }],
  });
  return platform.InferenceSession.create(bytes, sessionOptions(platform, 'all'));
}

/** Never released: with its last session ONNX Runtime gives up the GPU, and what is kept there would be lost. */
let firstSession: Promise<InferenceSession> | undefined;

/** Why there is no GPU to compute on; undefined when there is one. */
export async function whyNoGpu(): Promise<string | undefined> {
  firstSession ??= nodePlatform('webgpu', {}).then((platform) =>
    copierOf(platform, { dtype: 'float32', shape: [] }),
  );
  try {
    await firstSession;
    return undefined;
  } catch (error) {
    firstSession = undefined;
    const message = (error as Error).message.trim();
    return /Failed to get a WebGPU adapter: (.*)/.exec(message)?.[1] ?? message;
  }
}
