import { DTypeError, ShapeError } from '../../graph/errors.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { tril } from '../arrange.js';
import { reshape } from '../broadcast.js';
import { withDerivative } from '../derived.js';
import { diagonal, eye } from '../diagonal.js';
import { add, div, neg } from '../elementwise.js';
import { matMul } from '../matMul.js';
import { concat, pad, split, squeeze, transpose } from '../movement.js';
import {
  adjoint,
  adjointTimes,
  block,
  lastTwo,
  requireMatrices,
  requireSquare,
  timesAdjoint,
} from './matrix.js';

/** The square blocks of a length along the diagonal: [..., n, n] → [..., n / size, size, size]. */
function diagonalBlocks(a: Tensor, size: number): Tensor {
  const leading = a.shape.slice(0, -2);
  const count = a.length(-1) / size;
  const cut = reshape(a, [...leading, count, size, count, size]);
  const axes = leading.map((_, axis) => axis);
  const rank = leading.length;
  const last = diagonal(transpose(cut, [...axes, rank + 1, rank + 3, rank, rank + 2]));
  return transpose(last, [...axes, rank + 2, rank, rank + 1]);
}

/** The matrix with more rows and columns of the identity. */
function filledUp(a: Tensor, more: number): Tensor {
  const n = a.length(-1);
  const corner = pad(eye(more, more, a.dtype), [n, n], [0, 0]);
  return add(pad(a, lastTwo(a, 0, 0), lastTwo(a, more, more)), corner);
}

/**
 * Inverse of lower triangles: blocks along the diagonal are inverted, all of one size at once, and joined in pairs until
 * one is left. A few operators for each doubling.
 */
function invertLower(lower: Tensor): Tensor {
  const n = lower.length(-1);
  const whole = 2 ** Math.ceil(Math.log2(n));
  const filled = whole === n ? lower : filledUp(lower, whole - n);
  const elements = diagonal(filled);
  let inverses = div(1, reshape(elements, [...elements.shape, 1, 1]));
  for (let size = 1; size < whole; size *= 2) {
    const below = block(diagonalBlocks(filled, 2 * size), [size, 0], [2 * size, size]);
    const pairs = reshape(inverses, [...below.shape.slice(0, -2), 2, size, size]);
    const [first, second] = split(pairs, 2, -3).map((each) => squeeze(each, -3)) as [Tensor, Tensor];
    const corner = neg(matMul(second, matMul(below, first)));
    const top = pad(first, lastTwo(first, 0, 0), lastTwo(first, 0, size));
    inverses = concat([top, concat([corner, second], -1)], -2);
  }
  return block(reshape(inverses, [...lower.shape.slice(0, -2), whole, whole]), [0, 0], [n, n]);
}

/**
 * Inverses of lower triangular matrices [..., n, n]; what stands above the diagonal is not read. Runs in the graph, with
 * derivatives of every order. A zero on the diagonal gives infinities.
 */
export function triangularInverse(lower: Tensor): Tensor {
  requireSquare('triangularInverse', lower);
  if (lower.size === 0) return lower;
  return withDerivative(invertLower(lower), [lower], (cotangent, _, inverse) => [
    neg(tril(timesAdjoint(adjointTimes(inverse, cotangent), inverse))),
  ]);
}

export interface TriangularSolveOptions {
  /** Whether the upper triangle is meant instead of the lower. False unless said. */
  readonly upper?: boolean;
  /** Whether the matrix is taken transposed. False unless said. */
  readonly transposed?: boolean;
  /** Whether the diagonal counts as ones and is not read. False unless said. */
  readonly unitDiagonal?: boolean;
}

/**
 * X with T · X = B for triangular matrices T [..., n, n] and B [..., n, k]; the other triangle of T is not read. Leading
 * axes broadcast. Runs in the graph, with derivatives of every order.
 * @throws ShapeError or DTypeError for operands that do not fit together
 */
export function triangularSolve(
  triangle: Tensor,
  right: Tensor,
  { upper = false, transposed = false, unitDiagonal = false }: TriangularSolveOptions = {},
): Tensor {
  const n = requireSquare('triangularSolve', triangle);
  requireRight('triangularSolve', triangle, right);
  const lower = upper ? adjoint(triangle) : triangle;
  const matrix = unitDiagonal ? add(tril(lower, -1), eye(n, n, lower.dtype)) : lower;
  return matMul(triangularInverse(matrix), right, { transposeA: upper !== transposed });
}

/** @throws ShapeError or DTypeError unless `right` can stand on the right of equations with this matrix */
export function requireRight(name: string, matrix: Tensor, right: Tensor): void {
  const [rows] = requireMatrices(name, right);
  if (matrix.dtype !== right.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${matrix.dtype} and ${right.dtype}; convert one with cast()`,
    );
  }
  if (rows !== matrix.length(-1)) {
    throw new ShapeError(
      `${name}: expected ${matrix.length(-1)} rows on the right of ${formatShape(matrix.shape)}, got ${formatShape(right.shape)}`,
    );
  }
}
