import {
  flatten,
  formatShape,
  mapPlaces,
  sameShape,
  type Tensor,
  type TensorType,
  tensor,
} from '@evenkeel/tensor';
import type { StoredArray } from '../safetensors.js';

export type Arrays = Readonly<Record<string, StoredArray>>;

const joined = (prefix: string, path: string): string =>
  [prefix, path].filter((part) => part !== '').join('.');

/**
 * The elements of a tree's tensors by their paths; a tensor that stands at several places goes by the first.
 * @param prefix what paths begin with, before a dot
 * @throws RangeError for a tree in which two tensors have the same path
 */
export async function arraysOf(user: string, prefix: string, tree: unknown): Promise<Arrays> {
  const { leaves, paths } = flatten(tree);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new RangeError(`${user}: two tensors have the path ${twice}`);
  const entries = leaves.map(async ({ shape, dtype }, i): Promise<[string, StoredArray]> => {
    return [joined(prefix, paths[i]!), { data: await leaves[i]!.data(), shape, dtype }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Arrays to be put into the places of trees, and what is wrong with them so far. */
export class Filling {
  readonly #arrays: Arrays;
  readonly #unused: Set<string>;
  readonly #made = new Map<string, Tensor>();
  readonly #differences: string[] = [];

  constructor(arrays: Arrays) {
    this.#arrays = arrays;
    this.#unused = new Set(Object.keys(arrays));
  }

  /**
   * The tree with the tensors that the arrays hold for its places. A place that has none is that of a tensor that stands
   * at an earlier place too.
   */
  tree<T>(prefix: string, tree: T): T {
    const { leaves, paths } = flatten(tree);
    const firstPaths = new Map(leaves.map((leaf, i) => [leaf, joined(prefix, paths[i]!)]));
    return mapPlaces((leaf, _, path) => {
      const own = joined(prefix, path);
      return this.#take(own in this.#arrays ? own : firstPaths.get(leaf)!, leaf);
    }, tree);
  }

  #take(name: string, expected: Tensor): Tensor {
    const made = this.#made.get(name);
    if (made) return made;
    const array = this.#arrays[name];
    this.#unused.delete(name);
    if (!array) this.#differences.push(`${name} is missing`);
    else if (array.dtype !== expected.dtype || !sameShape(array.shape, expected.shape)) {
      this.#differences.push(`${name} is ${typeText(array)}, expected ${typeText(expected)}`);
    }
    const result = array ? tensor(array.data, array) : expected;
    this.#made.set(name, result);
    return result;
  }

  /** @throws RangeError with all differences between the arrays and the trees, if there are any */
  requireFit(user: string): void {
    const unknown = [...this.#unused].map((name) => `${name} is not expected`);
    const differences = [...this.#differences, ...unknown];
    if (differences.length > 0) throw new RangeError(`${user}: ${differences.join('; ')}`);
  }
}

const typeText = ({ dtype, shape }: TensorType): string => `${dtype} ${formatShape(shape)}`;
