import { withBodies } from '../graph/body.js';
import { RuntimeError } from '../graph/errors.js';
import { applicationsOf } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { emitModel, outputName, type Program } from '../onnx/emit.js';
import { encodeModel } from '../onnx/model.js';
import { simplify } from '../optimize/simplify.js';
import type { Executable, Runtime } from './runtime.js';

const usesFloat64 = (inputs: Program['inputs'], outputs: readonly Tensor[]): boolean =>
  [
    ...inputs.map(({ tensor }) => tensor),
    ...withBodies(applicationsOf(outputs)).flatMap((each) => each.outputs),
  ].some(({ dtype }) => dtype === 'float64');

/** A program without outputs, which ONNX Runtime refuses to load. */
const nothing: Executable = { run: async () => [], release: async () => {} };

/** Simplifies a program, writes it as ONNX and loads it where it is to run. @throws RuntimeError when it is refused */
export async function load(program: Program, runtime: Runtime): Promise<Executable> {
  if (program.outputs.length === 0) return nothing;
  const outputs = simplify(program.outputs);
  const float64 = usesFloat64(program.inputs, outputs);
  if (float64 && runtime.name === 'webgpu') {
    throw new RuntimeError(
      'webgpu: GPUs do not compute with float64; cast to float32, or use another runtime',
    );
  }
  const executable = await explained('load', () =>
    runtime.load({
      bytes: encodeModel(emitModel({ inputs: program.inputs, outputs }, runtime.target)),
      inputs: program.inputs.map(({ name }) => name),
      outputs: outputs.map(({ dtype, shape }, index) => ({ name: outputName(index), dtype, shape })),
      // Higher levels break float64: they make operators that exist in float32 alone, and keep factors in float32.
      optimization: float64 ? 'basic' : 'all',
    }),
  );
  return {
    run: (inputs) => explained('run', () => executable.run(inputs)),
    release: () => executable.release(),
  };
}

/** ONNX Runtime's messages name its own nodes; this one says which operation of ours they belong to. */
async function explained<T>(doing: 'load' | 'run', task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
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
