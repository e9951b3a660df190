import { RuntimeError } from '../graph/errors.js';
import { applicationsOf } from '../graph/primitive.js';
import type { Tensor, Value } from '../graph/tensor.js';
import { leavesOf } from '../graph/tree.js';
import type { Program } from '../onnx/emit.js';
import { type Executable, load } from './session.js';

/** The tensors with given elements that the outputs depend on. */
export function leavesBehind(outputs: readonly Tensor[]): Tensor[] {
  const leaves = new Set<Tensor>();
  for (const tensor of [...outputs, ...applicationsOf(outputs).flatMap(({ inputs }) => inputs)]) {
    if (tensor.source.kind !== 'application') leaves.add(tensor);
  }
  return [...leaves];
}

const cacheSize = 128;

interface Cached {
  readonly executable: Promise<Executable>;
  /** Runs that wait for it or are under way: it must not be released before they end. */
  users: number;
}

/** Programs by what they compute, least recently used first. */
const cache = new Map<string, Cached>();

async function runCached(program: Program, inputs: readonly Value[]): Promise<Value[]> {
  const key = describe(program);
  const entry = cache.get(key) ?? { executable: load(program), users: 0 };
  entry.executable.catch(() => cache.delete(key));
  cache.delete(key);
  cache.set(key, entry);
  entry.users++;
  try {
    return await (await entry.executable).run(inputs);
  } finally {
    entry.users--;
    await evictOldest();
  }
}

async function evictOldest(): Promise<void> {
  if (cache.size <= cacheSize) return;
  const oldest = [...cache].find(([, { users }]) => users === 0);
  if (!oldest) return;
  cache.delete(oldest[0]);
  await (await oldest[1].executable).release();
}

/** Identifies a program by its structure alone, so that equal formulas on new elements share one session. */
function describe({ inputs, outputs }: Program): string {
  const numbers = new Map<Tensor, number>(inputs.map(({ tensor }, i) => [tensor, i]));
  const lines = inputs.map(({ tensor }) => `${tensor.dtype}[${tensor.shape}]`);
  for (const { primitive, inputs: operands, attributes, output } of applicationsOf(outputs)) {
    lines.push(
      `${primitive.name}(${operands.map((each) => numbers.get(each))})${JSON.stringify(attributes)}`,
    );
    numbers.set(output, numbers.size);
  }
  return `${lines.join(';')}→${outputs.map((each) => numbers.get(each))}`;
}

/**
 * Computes every tensor of a tree that is not computed yet, all in one run, and returns the same tree. Afterwards the
 * tensors hold their elements (`tensor.value`).
 * @throws RuntimeError for tensors that belong to a function being traced: they have no elements
 */
export async function evaluate<T>(tree: T): Promise<T> {
  const pending = leavesOf(tree).filter((tensor) => tensor.value === undefined);
  if (pending.length === 0) return tree;
  const leaves = leavesBehind(pending);
  const unbound = leaves.find((leaf) => leaf.source.kind === 'input');
  if (unbound) {
    throw new RuntimeError(
      `evaluate: ${unbound} is an input of a function that is being traced and has no elements yet; return what you need instead`,
    );
  }
  const program: Program = {
    inputs: leaves.map((tensor, i) => ({ name: `input${i}`, tensor })),
    outputs: pending,
  };
  const values = await runCached(
    program,
    leaves.map((leaf) => leaf.value as Value),
  );
  pending.forEach((tensor, i) => {
    tensor.settle(values[i] as Value);
  });
  return tree;
}
