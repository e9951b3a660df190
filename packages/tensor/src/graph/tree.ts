import { Tensor } from './tensor.js';

/**
 * Trees of tensors: a tensor, an array or record of trees, or an instance of a class whose fields are trees, as deep as
 * needed. Every value that is neither (numbers, strings, functions, typed arrays, …) belongs to the tree's structure.
 * A tensor that stands at several places of a tree is one leaf: that is how weights are tied.
 */
export interface FlatTree {
  /** Each tensor once, in order of first appearance. */
  readonly leaves: readonly Tensor[];
  /** Where each leaf first stands, such as `0.layers.1.weight`. */
  readonly paths: readonly string[];
  /** Identifies everything about the tree but its tensors. */
  readonly structure: string;
}

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Tensor) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof ArrayBuffer) &&
  !(value instanceof Map) &&
  !(value instanceof Set) &&
  !(value instanceof Date) &&
  !(value instanceof AbortSignal);

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** A number that stands for this very object. */
function identityOf(object: object): number {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = identityCount++;
    identities.set(object, identity);
  }
  return identity;
}

function describeStatic(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function' || (typeof value === 'object' && value !== null))
    return `#${identityOf(value)}`;
  if (Object.is(value, -0)) return '-0';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

function describeContainer(container: object): string {
  if (Array.isArray(container)) return 'array';
  const prototype = Object.getPrototypeOf(container);
  return prototype === Object.prototype || prototype === null ? 'record' : `class#${identityOf(prototype)}`;
}

/** The tensors of a tree, their places, and the rest. @throws TypeError for a tree that contains itself */
export function flatten(tree: unknown): FlatTree {
  const indices = new Map<Tensor, number>();
  const paths: string[] = [];
  const structure: string[] = [];
  const ancestors = new Set<object>();
  const walk = (value: unknown, path: string): void => {
    if (value instanceof Tensor) {
      if (!indices.has(value)) {
        indices.set(value, indices.size);
        paths.push(path);
      }
      structure.push(`$${indices.get(value)}`);
    } else if (isContainer(value)) {
      if (ancestors.has(value)) throw new TypeError(`tree: ${path || 'the root'} contains itself`);
      ancestors.add(value);
      structure.push(describeContainer(value), '(');
      for (const [key, child] of Object.entries(value)) {
        // With its length, which is quicker than quoting and as unambiguous.
        structure.push(`${key.length}:${key}:`);
        walk(child, path ? `${path}.${key}` : key);
        structure.push(',');
      }
      structure.push(')');
      ancestors.delete(value);
    } else {
      structure.push(describeStatic(value));
    }
  };
  walk(tree, '');
  return { leaves: [...indices.keys()], paths, structure: structure.join('') };
}

type Replace = (leaf: Tensor, others: readonly unknown[], path: string) => Tensor;

function rebuild(tree: unknown, others: readonly unknown[], replace: Replace, path = ''): unknown {
  if (tree instanceof Tensor) return replace(tree, others, path);
  if (!isContainer(tree)) return tree;
  const children = Object.entries(tree).map(([key, child]) => {
    const counterparts = others.map((other) =>
      isContainer(other) ? (other as Record<string, unknown>)[key] : undefined,
    );
    return [key, rebuild(child, counterparts, replace, path ? `${path}.${key}` : key)] as const;
  });
  if (Array.isArray(tree)) return children.map(([, child]) => child);
  return Object.assign(Object.create(Object.getPrototypeOf(tree)), Object.fromEntries(children));
}

/** The same tree with other tensors: `tensors[i]` replaces leaf `i` of `flatten(tree)`. */
export const withLeaves = <T>(tree: T, tensors: readonly Tensor[]): T => treeLike(tree)(tensors);

/** As `withLeaves`, for a tree that is filled again and again. */
export function treeLike<T>(tree: T): (tensors: readonly Tensor[]) => T {
  const positions = new Map(flatten(tree).leaves.map((leaf, index) => [leaf, index]));
  return (tensors) => rebuild(tree, [], (leaf) => tensors[positions.get(leaf)!] as Tensor) as T;
}

/**
 * Applies `fn` to every tensor of `tree`, together with the tensors at the same places of the other trees.
 * Places that hold the same tensors in all trees get the same result.
 * @throws TypeError when another tree has no tensor where `tree` has one.
 */
export function mapTree<T>(
  fn: (leaf: Tensor, ...others: Tensor[]) => Tensor,
  tree: T,
  ...others: readonly unknown[]
): T {
  const results = new Map<string, Tensor>();
  return rebuild(tree, others, (leaf, counterparts, path) => {
    const operands = counterparts.map((other) => {
      if (other instanceof Tensor) return other;
      throw new TypeError(`mapTree: the trees differ: no tensor at ${path || 'the root'}`);
    });
    const key = [leaf, ...operands].map(identityOf).join(',');
    const result = results.get(key) ?? fn(leaf, ...operands);
    results.set(key, result);
    return result;
  }) as T;
}

/**
 * As `mapTree`, for every place by itself, even where places hold the same tensor. `fn` gets what stands at the same
 * place of the other trees, whatever it is, and the path.
 */
export const mapPlaces = <T>(
  fn: (leaf: Tensor, others: readonly unknown[], path: string) => Tensor,
  tree: T,
  ...others: readonly unknown[]
): T => rebuild(tree, others, fn) as T;

/** All tensors of a tree, each once. */
export const leavesOf = (tree: unknown): readonly Tensor[] => flatten(tree).leaves;

/** The tensors of `other` at the places where the leaves of `tree` stand. @throws TypeError where it has none */
export function leavesLike(tree: unknown, other: unknown): readonly Tensor[] {
  const counterparts = new Map<Tensor, Tensor>();
  mapTree(
    (leaf, counterpart) => {
      if (!counterparts.has(leaf)) counterparts.set(leaf, counterpart as Tensor);
      return leaf;
    },
    tree,
    other,
  );
  return [...counterparts.values()];
}
