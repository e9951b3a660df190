import type { Target } from '../graph/primitive.js';
import type { Stored, TensorType } from '../graph/tensor.js';

/**
 * Where programs run: ONNX Runtime on the processor (`cpu` in Node, `wasm` in browsers), in a thread of its own
 * (`worker`, Node), or on a GPU (`webgpu`).
 */
export type RuntimeName = 'cpu' | 'worker' | 'wasm' | 'webgpu';

export const runtimeNames: readonly RuntimeName[] = ['cpu', 'worker', 'wasm', 'webgpu'];

/** What a runtime may use. */
export interface RuntimeOptions {
  /** Threads that one operator may use on the processor; all cores unless said, in browsers what ONNX Runtime chooses. */
  readonly threads?: number;
}

/** A program as ONNX Runtime takes it. */
export interface Model {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Names of the inputs, in order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly NamedType[];
  /** How far ONNX Runtime may rewrite it. */
  readonly optimization: 'basic' | 'all';
}

export interface NamedType extends TensorType {
  readonly name: string;
}

/** A program that is loaded: from the elements of its inputs, in order, to those of its outputs. */
export interface Executable {
  /** Elements on a device that are given now may be disposed of while it runs. */
  run(inputs: readonly Stored[]): Promise<Stored[]>;
  /** Frees what the runtime holds for the program. */
  release(): Promise<void>;
}

/** Somewhere to run programs. */
export interface Runtime {
  readonly name: RuntimeName;
  readonly target: Target;
  /** Whether it has broken down, and has to be started anew. */
  readonly ended: boolean;
  load(model: Model): Promise<Executable>;
}

/** Runs tasks one after another, in the order in which they came. */
export type Queue = <T>(task: () => Promise<T>) => Promise<T>;

export function queue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task, task);
    last = result.catch(() => undefined);
    return result;
  };
}
