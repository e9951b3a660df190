import { RuntimeError } from '../graph/errors.js';
import { Tensor, type Value } from '../graph/tensor.js';
import { type FlatTree, flatten, leavesOf, withLeaves } from '../graph/tree.js';
import { fromValue } from '../ops/create.js';
import { evaluate, leavesBehind } from './evaluate.js';
import { type Executable, load } from './session.js';

/** A traced function: the same arguments and result as the function it was made from, computed by ONNX Runtime. */
export interface Compiled<Arguments extends readonly unknown[], Result> {
  (...args: Arguments): Promise<Result>;
  /** How often the function has been traced: once for each combination of shapes, dtypes and values that are not tensors. */
  readonly traceCount: number;
  /** Frees what ONNX Runtime holds. The next call traces again. */
  release(): Promise<void>;
}

interface Traced<Result> {
  readonly result: Result;
  readonly executable: Executable;
  /** Tensors with elements of their own that the function uses besides its arguments. */
  readonly captured: readonly Tensor[];
}

/**
 * Makes a function of trees of tensors run as one ONNX graph. The function is called once for each combination of shapes
 * and dtypes, with tensors that have no elements; what it returns, a tree of tensors, is what the compiled function
 * computes. Values in the arguments that are not tensors become part of the program: a new number is a new program.
 * @throws (when called) whatever the function throws while it is traced, such as ShapeError; RuntimeError from the run
 */
export function compile<Arguments extends readonly unknown[], Result>(
  fn: (...args: Arguments) => Result,
): Compiled<Arguments, Result> {
  const programs = new Map<string, Promise<Traced<Result>>>();
  let traceCount = 0;

  const programFor = (args: Arguments, flat: FlatTree): Promise<Traced<Result>> => {
    const types = flat.leaves.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(';');
    const key = `${flat.structure}:${types}`;
    const existing = programs.get(key);
    if (existing) return existing;
    traceCount++;
    const traced = trace(fn, args, flat);
    programs.set(key, traced);
    traced.catch(() => programs.delete(key));
    return traced;
  };

  const call = async (...args: Arguments): Promise<Result> => {
    const flat = flatten(args);
    await evaluate(flat.leaves);
    const { result, executable, captured } = await programFor(args, flat);
    const values = await executable.run([...flat.leaves, ...captured].map((leaf) => leaf.value as Value));
    return withLeaves(result, values.map(fromValue));
  };

  return Object.defineProperties(call, {
    traceCount: { get: () => traceCount },
    release: {
      value: async () => {
        const released = [...programs.values()];
        programs.clear();
        for (const traced of released) await (await traced).executable.release();
      },
    },
  }) as unknown as Compiled<Arguments, Result>;
}

async function trace<Arguments extends readonly unknown[], Result>(
  fn: (...args: Arguments) => Result,
  args: Arguments,
  { leaves, paths }: FlatTree,
): Promise<Traced<Result>> {
  const inputs = leaves.map((leaf, i) => {
    const name = paths[i] as string;
    return { name, tensor: new Tensor(leaf, { kind: 'input', name }) };
  });
  const result = fn(
    ...withLeaves(
      args,
      inputs.map(({ tensor }) => tensor),
    ),
  );
  if (result instanceof Promise)
    throw new RuntimeError('compile: the function returned a promise; a traced function must be synchronous');
  const outputs = leavesOf(result);
  const own = new Set(inputs.map(({ tensor }) => tensor));
  const captured = leavesBehind(outputs).filter((leaf) => !own.has(leaf));
  const foreign = captured.find((leaf) => leaf.source.kind === 'input');
  if (foreign)
    throw new RuntimeError(
      `compile: the function uses ${foreign}, an input of another function that is being traced`,
    );
  const executable = await load({
    inputs: [...inputs, ...captured.map((tensor, i) => ({ name: `captured.${i}`, tensor }))],
    outputs,
  });
  return { result, executable, captured };
}
