import type { InferenceSession } from 'onnxruntime-common';
import { loadPlatform } from '#runtime';
import type { TypedArray } from '../graph/dtype.js';
import { RuntimeError } from '../graph/errors.js';
import { applicationsOf } from '../graph/primitive.js';
import { sizeOf } from '../graph/shape.js';
import type { Tensor, Value } from '../graph/tensor.js';
import { emitModel, outputName, type Program } from '../onnx/emit.js';
import { encodeModel } from '../onnx/model.js';
import { simplify } from '../optimize/simplify.js';
import type { Platform } from './platform.js';

/** A program loaded into ONNX Runtime: from the values of its inputs, in order, to those of its outputs. */
export interface Executable {
  run(inputs: readonly Value[]): Promise<Value[]>;
  /** Frees what ONNX Runtime holds. */
  release(): Promise<void>;
}

const usesFloat64 = (inputs: Program['inputs'], outputs: readonly Tensor[]): boolean =>
  [...inputs.map(({ tensor }) => tensor), ...applicationsOf(outputs).map(({ output }) => output)].some(
    ({ dtype }) => dtype === 'float64',
  );

let loading: Promise<Platform> | undefined;

const platform = (): Promise<Platform> => {
  loading ??= loadPlatform();
  return loading;
};

/** ONNX Runtime for the web refuses overlapping runs, and for Node they would wait for one another anyway. */
let lastRun: Promise<unknown> = Promise.resolve();

function oneAtATime<T>(task: () => Promise<T>): Promise<T> {
  const result = lastRun.then(task, task);
  lastRun = result.catch(() => undefined);
  return result;
}

/** Simplifies a program, writes it as ONNX and loads it. */
export async function load(program: Program): Promise<Executable> {
  const outputs = simplify(program.outputs);
  const { InferenceSession, Tensor: OrtTensor, executionProvider, threads, target } = await platform();
  const model = emitModel({ inputs: program.inputs, outputs }, target);
  const session = await explained('load', () =>
    oneAtATime(() =>
      InferenceSession.create(encodeModel(model), {
        executionProviders: [executionProvider],
        // Higher levels break float64: they make operators that exist in float32 alone, and keep factors in float32.
        graphOptimizationLevel: usesFloat64(program.inputs, outputs) ? 'basic' : 'all',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        // What goes wrong is thrown, with the name of our operation; ONNX Runtime need not print it as well.
        logSeverityLevel: 4,
      }),
    ),
  );
  return {
    async run(values) {
      const feeds: Record<string, InferenceSession.OnnxValueMapType[string]> = {};
      program.inputs.forEach(({ name }, i) => {
        const { data, dtype, shape } = values[i] as Value;
        feeds[name] = new OrtTensor(dtype, data as never, shape);
      });
      const results = await explained('run', () => oneAtATime(() => session.run(feeds)));
      return outputs.map((output, i) => valueFrom(output, results[outputName(i)]!.data as TypedArray));
    },
    release: () => session.release(),
  };
}

function valueFrom({ dtype, shape }: Tensor, data: TypedArray): Value {
  if (data.length !== sizeOf(shape)) {
    throw new RuntimeError(
      `run: expected ${sizeOf(shape)} elements for shape [${shape.join(', ')}], got ${data.length}`,
    );
  }
  return { dtype, shape, data };
}

/** ONNX Runtime's messages name its own nodes; this one says which operation of ours they belong to. */
async function explained<T>(doing: 'load' | 'run', task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const operation = /Name:'([^'.]+)\./.exec(message)?.[1];
    throw new RuntimeError(
      outOfBounds(message, operation) ??
        `could not ${doing} ${operation ? `"${operation}"` : 'the computation'}: ${message.trim()}`,
      { cause: error },
    );
  }
}

function outOfBounds(message: string, operation = 'take'): string | undefined {
  const bounds = /idx=(-?\d+) must be within the inclusive range \[(-?\d+),(-?\d+)\]/.exec(message);
  if (bounds) return `${operation}: index ${bounds[1]} is outside [${bounds[2]}, ${bounds[3]}]`;
  return message.includes('Out of range value in index tensor')
    ? `${operation}: an index is outside its axis`
    : undefined;
}
