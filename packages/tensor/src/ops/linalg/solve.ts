import { ShapeError } from '../../graph/errors.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshape, sum, sumTo } from '../broadcast.js';
import { withDerivative } from '../derived.js';
import { diagonal, eye } from '../diagonal.js';
import { add, log, mul, neg, sign, sub } from '../elementwise.js';
import { ones } from '../fill.js';
import { matMul } from '../matMul.js';
import { expandAxis, squeeze } from '../movement.js';
import { prod } from '../reduce.js';
import { adjoint, adjointTimes, requireSquare, timesAdjoint } from './matrix.js';
import { orthonormalColumns } from './qr.js';
import { requireRight, triangularInverse } from './triangular.js';

/** What equations with a matrix are solved by: A = q · r. */
interface Factors {
  readonly q: Tensor;
  readonly rInverse: Tensor;
}

function factorsOf(a: Tensor): Factors & { readonly signs: Tensor } {
  const columns = orthonormalColumns(a);
  return { ...columns, rInverse: adjoint(triangularInverse(adjointTimes(a, columns.q))) };
}

/** X with A · X = B, or with Aᵀ · X = B; one correction takes away what inverting r has cost in accuracy. */
function solved(a: Tensor, right: Tensor, { q, rInverse }: Factors, transposed: boolean): Tensor {
  const roughly = (each: Tensor) =>
    transposed ? matMul(q, adjointTimes(rInverse, each)) : matMul(rInverse, adjointTimes(q, each));
  const first = roughly(right);
  const rest = sub(right, matMul(a, first, { transposeA: transposed }));
  const result = add(first, roughly(rest));
  return withDerivative(
    result,
    [a, right, q, rInverse],
    (cotangent, [matrix, given, orthogonal, inverse], x) => {
      const factors = { q: orthogonal!, rInverse: inverse! };
      const slope = solved(matrix!, cotangent, factors, !transposed);
      const outer = transposed ? timesAdjoint(x, slope) : timesAdjoint(slope, x);
      return [sumTo(neg(outer), matrix!.shape), sumTo(slope, given!.shape)];
    },
  );
}

/**
 * X with A · X = B for square A [..., n, n] and B [..., n, k], or a vector [n]; leading axes broadcast. By Householder
 * reflections, in the graph, with derivatives of every order. A singular matrix gives infinities or NaN.
 * @throws ShapeError or DTypeError for operands that do not fit together
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  requireSquare('solve', a);
  if (b.rank === 1) return squeeze(solve(a, expandAxis(b, 1)), -1);
  requireRight('solve', a, b);
  return a.size === 0 ? matMul(a, b) : solved(a, b, factorsOf(a), false);
}

/** Inverses of square matrices [..., n, n], as `solve` finds them. In the graph, with derivatives of every order. */
export function inverse(a: Tensor): Tensor {
  const n = requireSquare('inverse', a);
  return a.size === 0 ? a : solve(a, eye(n, n, a.dtype));
}

/** Sign (-1, 0 or 1) and logarithm of the absolute value of a determinant. */
export interface SignedLog {
  readonly sign: Tensor;
  readonly logAbs: Tensor;
}

/** The determinant's sign and the elements, none of them negative, whose product is its size: [...] and [..., n]. */
function determinantOf(a: Tensor) {
  const factors = factorsOf(a);
  const n = a.length(-1);
  const sizes = diagonal(adjointTimes(factors.q, a));
  // n reflections, each of determinant -1, and the signs that made the diagonal positive.
  const turns = mul(prod(mul(squeeze(factors.signs, -2), sign(sizes)), { axis: -1 }), (-1) ** n);
  const inverted = (cotangent: Tensor, [matrix, q, rInverse]: readonly Tensor[]) => {
    const transposed = solved(matrix!, eye(n, n, a.dtype), { q: q!, rInverse: rInverse! }, true);
    return [mul(reshape(cotangent, [...cotangent.shape, 1, 1]), transposed)];
  };
  return { turns, sizes, inputs: [a, factors.q, factors.rInverse], inverted };
}

/**
 * Sign and logarithm of the determinants of square matrices, [..., n, n] → [...], for determinants beyond any float.
 * In the graph, with derivatives of every order where the matrix is not singular; the sign is a constant to them.
 */
export function slogdet(a: Tensor): SignedLog {
  requireSquare('slogdet', a);
  const leading = a.shape.slice(0, -2);
  if (a.size === 0) return { sign: ones(leading, a.dtype), logAbs: sum(a, { axis: [-2, -1] }) };
  const { turns, sizes, inputs, inverted } = determinantOf(a);
  return { sign: turns, logAbs: withDerivative(sum(log(sizes), { axis: -1 }), inputs, inverted) };
}

/**
 * Determinants of square matrices, [..., n, n] → [...]. In the graph, with derivatives of every order where the matrix is
 * not singular (where it is, they are NaN).
 */
export function det(a: Tensor): Tensor {
  requireSquare('det', a);
  if (a.size === 0) return ones(a.shape.slice(0, -2), a.dtype);
  const { turns, sizes, inputs, inverted } = determinantOf(a);
  return withDerivative(mul(turns, prod(sizes, { axis: -1 })), inputs, (cotangent, given, output) =>
    inverted(mul(cotangent, output), given),
  );
}

/** A to the power of a whole number, by repeated squaring; negative powers are those of the inverse. */
export function matrixPower(a: Tensor, exponent: number): Tensor {
  const n = requireSquare('matrixPower', a);
  if (!Number.isSafeInteger(exponent)) {
    throw new ShapeError(
      `matrixPower: exponent: expected an integer, got ${exponent} for ${formatShape(a.shape)}`,
    );
  }
  if (exponent === 0) return add(mul(a, 0), eye(n, n, a.dtype));
  if (exponent < 0) return matrixPower(inverse(a), -exponent);
  if (exponent === 1) return a;
  const half = matrixPower(a, Math.floor(exponent / 2));
  const square = matMul(half, half);
  return exponent % 2 === 0 ? square : matMul(square, a);
}
