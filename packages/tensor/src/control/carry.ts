import { placeholder } from '../graph/body.js';
import { ShapeError } from '../graph/errors.js';
import { sameShape } from '../graph/shape.js';
import { Tensor, type TensorType } from '../graph/tensor.js';
import { mapPlaces } from '../graph/tree.js';

/** The tensors of a tree, place by place: one that stands at several places counts for each. */
export function placesOf<T>(tree: T) {
  const leaves: Tensor[] = [];
  const paths: string[] = [];
  mapPlaces((leaf, _, path) => {
    leaves.push(leaf);
    paths.push(path);
    return leaf;
  }, tree);
  /** The same tree with other tensors. */
  const filled = (tensors: readonly Tensor[]): T => {
    let next = 0;
    return mapPlaces(() => tensors[next++]!, tree);
  };
  /** The same tree with symbols that stand for values inside a body. */
  const symbols = (typeOf: (leaf: Tensor) => TensorType) => {
    const symbols = leaves.map((leaf, i) => placeholder(typeOf(leaf), paths[i]!));
    return { leaves: symbols, tree: filled(symbols) };
  };
  return { leaves, paths, filled, symbols };
}

/** What a loop carries: symbols for it, and a check that a step keeps its form. */
export function carriesOf<T>(name: string, initial: T) {
  const { leaves, paths, filled, symbols } = placesOf(initial);
  const own = symbols((leaf) => leaf);
  const at = (path: string) => (path ? `carry.${path}` : 'the carry');
  /** The tensors of a next carry, in the order of the symbols. @throws ShapeError when it is not like the initial one */
  const matched = (next: T, who: string): Tensor[] => {
    const tensors: Tensor[] = [];
    mapPlaces(
      (leaf, [other], path) => {
        if (!(other instanceof Tensor)) {
          throw new ShapeError(`${name}: ${who} returns no tensor for ${at(path)}, expected ${leaf}`);
        }
        if (!sameShape(leaf.shape, other.shape) || leaf.dtype !== other.dtype) {
          throw new ShapeError(`${name}: ${who} makes ${at(path)} ${other}, expected ${leaf} as before it`);
        }
        tensors.push(other);
        return leaf;
      },
      initial,
      next,
    );
    const extra = placesOf(next).paths.find((path) => !paths.includes(path));
    if (extra !== undefined) {
      throw new ShapeError(
        `${name}: ${who} returns a tensor for ${at(extra)}, which the initial carry lacks`,
      );
    }
    return tensors;
  };
  return { initial: leaves, leaves: own.leaves, tree: own.tree, filled, matched };
}
