import { ShapeError } from '../graph/errors.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, sum } from '../ops/broadcast.js';
import { withDerivative } from '../ops/derived.js';
import { eye } from '../ops/diagonal.js';
import { add, div, greater, mul, neg, sqrt, sub, where } from '../ops/elementwise.js';
import { zeros } from '../ops/fill.js';
import {
  adjoint,
  adjointTimes,
  block,
  lastTwo,
  requireMatrices,
  timesAdjoint,
} from '../ops/linalg/matrix.js';
import { orthonormalColumns } from '../ops/linalg/qr.js';
import { matMul } from '../ops/matMul.js';
import { concat, expandAxis, pad, squeeze } from '../ops/movement.js';
import { max } from '../ops/reduce.js';
import { inverseGaps, orderedRows } from './eigh.js';
import {
  halves,
  largestShare,
  playRound,
  playSweeps,
  type Round,
  rotationsFor,
  rowProducts,
} from './jacobi.js';

/** Rows of [σ u | v] for A [..., m, n] with m ≥ n, largest σ first. */
function singularRows(a: Tensor): Tensor {
  const [m, n] = a.shape.slice(-2) as [number, number];
  const count = n + (n % 2);
  const columns = adjoint(a);
  // An odd row plays against zeros.
  const even = count === n ? columns : pad(columns, lastTwo(a, 0, 0), lastTwo(a, 1, 0));
  const vectors = broadcastTo(eye(count, count, a.dtype), [...a.shape.slice(0, -2), count, count]);
  const round = (rows: Tensor): Round => {
    const [upper, lower] = halves(block(rows, [0, 0], [undefined, m]));
    const [first, second] = [rowProducts(upper, upper), rowProducts(lower, lower)];
    const between = rowProducts(upper, lower);
    return {
      rows: playRound(halves(rows), rotationsFor(first, second, between)),
      rest: largestShare(between, mul(sqrt(first), sqrt(second))),
    };
  };
  const played = playSweeps(concat([even, vectors], -1), round);
  const left = block(played, [0, 0], [undefined, m]);
  const ordered = orderedRows(played, squeeze(rowProducts(left, left), -1), true);
  return block(ordered, [0, 0], [n, m + n]);
}

/** A number found accurately, with the derivative of a formula for it. */
const withFormula = (value: Tensor, formula: Tensor): Tensor =>
  withDerivative(value, [formula], (cotangent) => [cotangent]);

/** A = U · diag(values) · Vᵀ. */
export interface SingularValues {
  /** Orthonormal columns, [..., m, k]. */
  readonly u: Tensor;
  /** Largest first, none negative, [..., k]. */
  readonly values: Tensor;
  /** Orthonormal columns, [..., n, k]; each is determined up to a sign that it shares with its column of `u`. */
  readonly v: Tensor;
}

/**
 * The thin singular value decomposition of A [..., m, n] with k = min(m, n), by Jacobi's method on columns, which is
 * accurate for small singular values too. Runs in the graph as one loop, with derivatives of every order where singular
 * values differ and are not zero. Between vectors whose singular values are equal the derivative counts as zero, as with
 * `eigh`; at singular values of zero it is not finite.
 */
export function svd(a: Tensor): SingularValues {
  const [m, n] = requireMatrices('svd', a);
  const leading = a.shape.slice(0, -2);
  if (m < n) {
    const { u, values, v } = svd(adjoint(a));
    return { u: v, values, v: u };
  }
  if (a.size === 0) {
    return {
      u: zeros([...leading, m, n], a.dtype),
      values: zeros([...leading, n], a.dtype),
      v: broadcastTo(eye(n, n, a.dtype), [...leading, n, n]),
    };
  }
  const rows = singularRows(a);
  const v = withDerivative(
    adjoint(block(rows, [0, m], [undefined, undefined])),
    [a],
    (cotangent, [matrix], right) => {
      const images = matMul(matrix!, right);
      const gaps = inverseGaps(sum(mul(images, images), { axis: -2, keepAxes: true }));
      const gram = timesAdjoint(matMul(right, mul(gaps, adjointTimes(right, cotangent))), right);
      return [matMul(matrix!, add(gram, adjoint(gram)))];
    },
  );
  const found = adjoint(block(rows, [0, 0], [undefined, m]));
  const length = (columns: Tensor) => sqrt(sum(mul(columns, columns), { axis: -2, keepAxes: true }));
  const images = matMul(a, v);
  const values = withFormula(length(found), length(images));
  // Columns of length zero get directions too.
  const u = withFormula(orthonormalColumns(found).q, div(images, values));
  return { u, values: squeeze(values, -2), v };
}

export interface PseudoInverseOptions {
  /** Singular values up to this share of the largest count as zero; max(m, n) · 2⁻⁵² in float64 and · 2⁻²³ in float32 unless said. */
  readonly tolerance?: number;
}

/**
 * The Moore–Penrose inverse [..., n, m] of A [..., m, n]. Runs in the graph, with derivatives of every order as long as
 * the rank stays the same.
 */
export function pseudoInverse(a: Tensor, options: PseudoInverseOptions = {}): Tensor {
  const [m, n] = requireMatrices('pseudoInverse', a);
  const { tolerance = Math.max(m, n) * 2 ** (a.dtype === 'float64' ? -52 : -23) } = options;
  if (!(tolerance >= 0))
    throw new ShapeError(`pseudoInverse: tolerance: expected a number of at least 0, got ${tolerance}`);
  if (a.size === 0) return adjoint(a);
  const { u, values, v } = svd(a);
  const counts = greater(values, mul(max(values, { axis: -1, keepAxes: true }), tolerance));
  const inverses = where(counts, div(1, where(counts, values, 1)), 0);
  const result = timesAdjoint(mul(v, expandAxis(inverses, -2)), u);
  return withDerivative(result, [a], (cotangent, [matrix], inverse) => {
    const through = neg(timesAdjoint(adjointTimes(inverse, cotangent), inverse));
    const turned = adjoint(cotangent);
    // What the inverse does not reach, on either side.
    const beyond = sub(turned, matMul(matrix!, matMul(inverse, turned)));
    const besides = adjointTimes(inverse, matMul(inverse, turned));
    return [
      add(
        through,
        add(
          timesAdjoint(matMul(beyond, inverse), inverse),
          sub(besides, matMul(matMul(besides, inverse), matrix!)),
        ),
      ),
    ];
  });
}
