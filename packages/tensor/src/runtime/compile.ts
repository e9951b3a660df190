import { RuntimeError } from '../graph/errors.js';
import { leavesBehind } from '../graph/primitive.js';
import { Tensor } from '../graph/tensor.js';
import { type FlatTree, flatten, leavesOf, treeLike, withLeaves } from '../graph/tree.js';
import { fromValue } from '../ops/create.js';
import { currentRuntime } from './current.js';
import { evaluate, storedOf } from './evaluate.js';
import type { Executable, Runtime } from './runtime.js';
import { load } from './session.js';

/** A traced function: the same arguments and result as the function it was made from, computed by ONNX Runtime. */
export interface Compiled<Arguments extends readonly unknown[], Result> {
  (...args: Arguments): Promise<Result>;
  /**
   * How often the function has been traced: once for each combination of shapes, dtypes and values that are not tensors,
   * and each runtime.
   */
  readonly traceCount: number;
  /** Frees what ONNX Runtime holds. The next call traces again. */
  release(): Promise<void>;
}

/** How a function is compiled. */
export interface CompileOptions {
  /**
   * Positions of arguments that the function takes over: once it runs their tensors have no elements any more, so that
   * their memory on a device is free for the next step. For state that a step replaces.
   */
  readonly donate?: readonly number[];
}

interface Traced<Result> {
  /** Makes the result of its tensors. */
  readonly resultOf: (tensors: readonly Tensor[]) => Result;
  readonly executable: Executable;
  /** Tensors with elements of their own that the function uses besides its arguments. */
  readonly captured: readonly Tensor[];
  /** Which leaves of the arguments are donated. */
  readonly donated: readonly number[];
}

type Programs<Result> = Map<string, Promise<Traced<Result>>>;

/**
 * Makes a function of trees of tensors run as one ONNX graph. The function is called once for each combination of shapes
 * and dtypes, with tensors that have no elements; what it returns, a tree of tensors, is what the compiled function
 * computes. Values in the arguments that are not tensors become part of the program: a new number is a new program.
 * @throws RangeError for `donate` that is no list of positions; (when called) whatever the function throws while it is
 *   traced, such as ShapeError; RuntimeError from the run, and for tensors that have been donated or disposed of
 */
export function compile<Arguments extends readonly unknown[], Result>(
  fn: (...args: Arguments) => Result,
  { donate = [] }: CompileOptions = {},
): Compiled<Arguments, Result> {
  const wrong = donate.find((position) => !(Number.isInteger(position) && position >= 0));
  if (wrong !== undefined)
    throw new RangeError(`compile: donate: ${wrong} is no position of an argument, such as 0`);
  const programs = new Map<Runtime, Programs<Result>>();
  let traceCount = 0;

  const programFor = (runtime: Runtime, args: Arguments, flat: FlatTree): Promise<Traced<Result>> => {
    const own: Programs<Result> = programs.get(runtime) ?? new Map();
    programs.set(runtime, own);
    const types = flat.leaves.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(';');
    const key = `${flat.structure}:${types}`;
    const existing = own.get(key);
    if (existing) return existing;
    traceCount++;
    const traced = trace(fn, args, flat, donate, runtime);
    own.set(key, traced);
    traced.catch(() => own.delete(key));
    return traced;
  };

  const call = async (...args: Arguments): Promise<Result> => {
    const flat = flatten(args);
    await evaluate(flat.leaves);
    const { resultOf, executable, captured, donated } = await programFor(await currentRuntime(), args, flat);
    const running = executable.run(storedOf('compile', [...flat.leaves, ...captured]));
    for (const leaf of donated) flat.leaves[leaf]!.release('was donated to a compiled function');
    return resultOf((await running).map(fromValue));
  };

  return Object.defineProperties(call, {
    traceCount: { get: () => traceCount },
    release: {
      value: async () => {
        const released = [...programs.values()].flatMap((own) => [...own.values()]);
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
  donate: readonly number[],
  runtime: Runtime,
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
  const executable = await load(
    {
      inputs: [...inputs, ...captured.map((tensor, i) => ({ name: `captured.${i}`, tensor }))],
      outputs,
    },
    runtime,
  );
  const given = leavesOf(donate.map((position) => args[position]));
  const donated = given.map((leaf) => leaves.indexOf(leaf));
  return { resultOf: treeLike(result), executable, captured, donated };
}
