import { isFloat } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { formatShape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { leavesOf, withLeaves } from '../graph/tree.js';
import { sum } from '../ops/broadcast.js';
import { add, identity, mul } from '../ops/elementwise.js';
import { ones, zerosLike } from '../ops/fill.js';
import { reverseSweep } from './reverse.js';

/** A copy of the tree whose leaves are nodes of their own, so that only the function's own use of them is followed. */
function freshly<T>(tree: T): [tree: T, leaves: readonly Tensor[]] {
  const copies = leavesOf(tree).map((leaf) => identity(leaf));
  return [withLeaves(tree, copies), copies];
}

function requireScalar(name: string, loss: Tensor): void {
  if (loss.rank !== 0 || !isFloat(loss.dtype)) {
    throw new ShapeError(
      `${name}: the function must return a floating-point scalar, got ${loss.dtype} ${formatShape(loss.shape)}`,
    );
  }
}

/**
 * The function's value together with its gradient with respect to its first argument, a tree of tensors. The gradient is
 * a tree of the same form; leaves that are not floating-point get zeros. A function that returns `[value, extra]` passes
 * `extra` on as a third result.
 * @throws ShapeError when the value is not a scalar
 */
export function valueAndGrad<P, R extends readonly unknown[]>(
  fn: (point: P, ...rest: R) => Tensor,
): (point: P, ...rest: R) => [value: Tensor, gradient: P];
export function valueAndGrad<P, R extends readonly unknown[], E>(
  fn: (point: P, ...rest: R) => readonly [value: Tensor, extra: E],
): (point: P, ...rest: R) => [value: Tensor, gradient: P, extra: E];
export function valueAndGrad<P, R extends readonly unknown[], E>(
  fn: (point: P, ...rest: R) => Tensor | readonly [value: Tensor, extra: E],
) {
  return (point: P, ...rest: R) => {
    const [fresh, leaves] = freshly(point);
    const result = fn(fresh, ...rest);
    const [value, ...extra] = Array.isArray(result) ? (result as [Tensor, E]) : [result as Tensor];
    requireScalar('grad', value);
    return [value, withLeaves(point, reverseSweep([value], leaves)([ones([], value.dtype)])), ...extra];
  };
}

/** The gradient of a scalar function with respect to its first argument, a tree of tensors. Apply it again for higher orders. */
export function grad<P, R extends readonly unknown[]>(
  fn: (point: P, ...rest: R) => Tensor,
): (point: P, ...rest: R) => P {
  const both = valueAndGrad(fn);
  return (point, ...rest) => both(point, ...rest)[1];
}

/**
 * The function's value and its vector-Jacobian product: a function from cotangents (a tree like the value) to cotangents
 * of the argument (a tree like `point`).
 */
export function vjp<P, V>(fn: (point: P) => V, point: P): [value: V, pull: (cotangents: V) => P] {
  const [fresh, leaves] = freshly(point);
  const value = fn(fresh);
  const outputs = leavesOf(value);
  const sweep = reverseSweep(outputs, leaves);
  const pull = (cotangents: V): P => {
    const given = leavesOf(cotangents);
    requireLike('vjp', outputs, given);
    return withLeaves(point, sweep(given));
  };
  return [value, pull];
}

/** The function's value and its directional derivative along `tangents` (a tree like `point`), by two reverse sweeps. */
export function jvp<P, V>(fn: (point: P) => V, point: P, tangents: P): [value: V, derivative: V] {
  const [fresh, leaves] = freshly(point);
  const value = fn(fresh);
  const outputs = leavesOf(value);
  const directions = leavesOf(tangents);
  requireLike('jvp', leaves, directions);
  // The pull-back is linear in its cotangents, and the derivative is the transpose of that linear map.
  const dummies = outputs.map((output) => identity(zerosLike(output)));
  const pulled = reverseSweep(outputs, leaves)(dummies);
  return [value, withLeaves(value, reverseSweep(pulled, dummies)(directions))];
}

/** Hessian-vector product of a scalar function: the derivative of its gradient along `tangents`. */
export function hvp<P>(fn: (point: P) => Tensor, point: P, tangents: P): P {
  const slope = (at: P): Tensor => {
    const gradients = leavesOf(grad(fn)(at));
    const terms = leavesOf(tangents).map((tangent, i) => sum(mul(gradients[i]!, tangent)));
    return terms.reduce((total, term) => add(total, term));
  };
  requireLike('hvp', leavesOf(point), leavesOf(tangents));
  return grad(slope)(point);
}

function requireLike(name: string, expected: readonly Tensor[], given: readonly Tensor[]): void {
  if (expected.length !== given.length) {
    throw new ShapeError(`${name}: expected a tree of ${expected.length} tensors, got ${given.length}`);
  }
  expected.forEach((tensor, i) => {
    const other = given[i] as Tensor;
    if (!sameShape(tensor.shape, other.shape) || tensor.dtype !== other.dtype) {
      throw new ShapeError(`${name}: tensor ${i} should be like ${tensor}, got ${other}`);
    }
  });
}
