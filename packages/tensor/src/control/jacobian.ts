import { grad, jvp, vjp } from '../autodiff/transforms.js';
import type { DType } from '../graph/dtype.js';
import type { Tensor } from '../graph/tensor.js';
import { leavesOf, mapTree, withLeaves } from '../graph/tree.js';
import { reshape } from '../ops/broadcast.js';
import { cast, equal } from '../ops/elementwise.js';
import { zerosLike } from '../ops/fill.js';
import { iota } from '../ops/gather.js';
import { vmap } from './vmap.js';

/** The identity matrix. */
const identityMatrix = (size: number, dtype: DType): Tensor =>
  cast(equal(reshape(iota(size), [size, 1]), iota(size)), dtype);

/**
 * All partial derivatives of a function's result, a tensor: a tree like the argument, whose tensors have the axes of the
 * result followed by their own. Needs as many sweeps as the result has elements, or twice as many as the argument has if
 * those are fewer; they run at once.
 */
export const jacobian =
  <P>(fn: (point: P) => Tensor): ((point: P) => P) =>
  (point) => {
    const [value, pull] = vjp(fn, point);
    const leaves = leavesOf(point);
    const count = leaves.reduce((total, leaf) => total + leaf.size, 0);
    if (value.size <= 2 * count) {
      const directions = reshape(identityMatrix(value.size, value.dtype), [value.size, ...value.shape]);
      const rows = vmap(pull)(directions);
      return mapTree((row, leaf) => reshape(row, [...value.shape, ...leaf.shape]), rows, point);
    }
    const columns = leaves.map((leaf) => {
      const along = (direction: Tensor) => {
        const tangents = leaves.map((each) => (each === leaf ? direction : zerosLike(each)));
        return jvp(fn, point, withLeaves(point, tangents))[1];
      };
      const directions = reshape(identityMatrix(leaf.size, leaf.dtype), [leaf.size, ...leaf.shape]);
      const derivatives = vmap(along, { outAxes: -1 })(directions);
      return reshape(derivatives, [...value.shape, ...leaf.shape]);
    });
    return withLeaves(point, columns);
  };

/**
 * All second derivatives of a scalar function of one tensor: the axes of the tensor twice.
 * @throws ShapeError when the function's value is not a scalar
 */
export const hessian = (fn: (point: Tensor) => Tensor): ((point: Tensor) => Tensor) => jacobian(grad(fn));
