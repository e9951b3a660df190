import { Body, structureOf } from '../graph/body.js';
import { RuntimeError } from '../graph/errors.js';
import { leavesBehind } from '../graph/primitive.js';
import { isHere, type Stored, type Tensor, type Value } from '../graph/tensor.js';
import { leavesOf, mapTree } from '../graph/tree.js';
import type { Program } from '../onnx/emit.js';
import { identity } from '../ops/elementwise.js';
import { currentRuntime } from './current.js';
import type { Executable, Runtime } from './runtime.js';
import { load } from './session.js';

/** The elements of tensors that are computed. @throws RuntimeError for those whose elements have been freed */
export const storedOf = (user: string, tensors: readonly Tensor[]): Stored[] =>
  tensors.map((tensor) => tensor.stored(user) as Stored);

const cacheSize = 128;

interface Cached {
  readonly executable: Promise<Executable>;
  /** Runs that wait for it or are under way: it must not be released before they end. */
  users: number;
}

/** Programs by what they compute, least recently used first. */
type Cache = Map<string, Cached>;
const caches = new WeakMap<Runtime, Cache>();

function cacheOf(runtime: Runtime): Cache {
  const cache = caches.get(runtime) ?? new Map<string, Cached>();
  caches.set(runtime, cache);
  return cache;
}

async function runCached(program: Program, inputs: readonly Tensor[]): Promise<Stored[]> {
  const runtime = await currentRuntime();
  const cache = cacheOf(runtime);
  // By structure alone, so that equal formulas on new elements share one session.
  const key = structureOf(new Body(inputs, program.outputs));
  const entry = cache.get(key) ?? { executable: load(program, runtime), users: 0 };
  entry.executable.catch(() => cache.delete(key));
  cache.delete(key);
  cache.set(key, entry);
  entry.users++;
  try {
    return await (await entry.executable).run(storedOf('evaluate', inputs));
  } finally {
    entry.users--;
    await evictOldest(cache);
  }
}

async function evictOldest(cache: Cache): Promise<void> {
  if (cache.size <= cacheSize) return;
  const oldest = [...cache].find(([, { users }]) => users === 0);
  if (!oldest) return;
  cache.delete(oldest[0]);
  await (await oldest[1].executable).release();
}

/**
 * Computes every tensor of a tree that is not computed yet, all in one run, and returns the same tree. Afterwards the
 * tensors hold their elements, here (`tensor.value`) or on the runtime's device.
 * @throws RuntimeError for tensors that belong to a function being traced: they have no elements
 */
export async function evaluate<T>(tree: T): Promise<T> {
  const pending = leavesOf(tree).filter((tensor) => tensor.stored('evaluate') === undefined);
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
  const values = await runCached(program, leaves);
  pending.forEach((tensor, i) => {
    tensor.settle(values[i] as Stored);
  });
  return tree;
}

/** The same elements in tensors of their own, computed now: they stay when the others are donated or disposed of. */
export const copy = <T>(tree: T): Promise<T> => evaluate(mapTree((tensor) => identity(tensor), tree));

/** A tensor's elements, computed if they have not been; what was on a device is here afterwards. */
export async function read(tensor: Tensor): Promise<Value> {
  const stored = tensor.stored('data') ?? ((await evaluate(tensor)).stored('data') as Stored);
  if (isHere(stored)) return stored;
  const value = await stored.read();
  if (tensor.source.kind === 'value') tensor.settle(value);
  stored.dispose();
  return value;
}
