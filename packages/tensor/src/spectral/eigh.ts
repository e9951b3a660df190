import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, reshape, sum } from '../ops/broadcast.js';
import { withDerivative } from '../ops/derived.js';
import { diagonal, eye } from '../ops/diagonal.js';
import { abs, add, div, lessEqual, mul, sub, where } from '../ops/elementwise.js';
import { takeAlong } from '../ops/gather.js';
import {
  adjoint,
  adjointTimes,
  block,
  lastTwo,
  requireSquare,
  symmetricPart,
  timesAdjoint,
} from '../ops/linalg/matrix.js';
import { matMul } from '../ops/matMul.js';
import { concat, expandAxis, pad, squeeze } from '../ops/movement.js';
import { max } from '../ops/reduce.js';
import { argSort } from '../ops/sort.js';
import { halves, largestShare, playRound, playSweeps, type Round, rotationsFor } from './jacobi.js';

/** Rows in the order of `keys` [..., rows]. */
export function orderedRows(rows: Tensor, keys: Tensor, descending: boolean): Tensor {
  const order = expandAxis(argSort(keys, { descending }), -1);
  return takeAlong(rows, broadcastTo(order, rows.shape), -2);
}

/** One round on [matrix | vectors], rows and columns of the matrix and rows of the vectors. */
function round(rows: Tensor, norm: Tensor): Round {
  const n = rows.length(-2);
  const matrix = block(rows, [0, 0], [undefined, n]);
  const corner = block(matrix, [0, n / 2], [n / 2, undefined]);
  const between = expandAxis(diagonal(corner), -1);
  const rotations = rotationsFor(...halves(expandAxis(diagonal(matrix), -1)), between);
  const rotated = playRound(halves(rows), rotations);
  const columns = adjoint(block(rotated, [0, 0], [undefined, n]));
  const turned = playRound(halves(columns), rotations);
  const next = concat([turned, block(rotated, [0, n], [undefined, undefined])], -1);
  return { rows: next, rest: largestShare(between, norm) };
}

/** Rows of [eigenvalue | eigenvector], smallest eigenvalue first. */
function eigenRows(symmetric: Tensor): Tensor {
  const n = symmetric.length(-1);
  const more = n % 2;
  // An odd row plays against a row that is zero but for an element beyond all eigenvalues, and stays alone.
  const beyond = add(sum(abs(symmetric), { axis: [-2, -1], keepAxes: true }), 1);
  const even = more
    ? add(
        pad(symmetric, lastTwo(symmetric, 0, 0), lastTwo(symmetric, 1, 1)),
        pad(beyond, lastTwo(symmetric, n, n), lastTwo(symmetric, 0, 0)),
      )
    : symmetric;
  const count = n + more;
  const vectors = add(mul(even, 0), eye(count, count, symmetric.dtype));
  const norm = max(abs(symmetric), { axis: [-2, -1], keepAxes: true });
  const played = playSweeps(concat([even, vectors], -1), (each) => round(each, norm));
  const values = diagonal(block(played, [0, 0], [undefined, count]));
  const found = concat([expandAxis(values, -1), block(played, [0, count], [undefined, undefined])], -1);
  return block(orderedRows(found, values, false), [0, 0], [n, n + 1]);
}

/**
 * 1 / (values[j] - values[i]) at [i, j] for `values` [..., 1, n]; 0 where they are equal but for
 * rounding.
 */
export function inverseGaps(values: Tensor): Tensor {
  const gaps = sub(values, adjoint(values));
  const epsilon = values.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const largest = max(abs(values), { axis: -1, keepAxes: true });
  const same = lessEqual(abs(gaps), mul(largest, epsilon * values.length(-1)));
  return where(same, 0, div(1, where(same, 1, gaps)));
}

/** Eigenvectors of symmetric matrices, as columns, with their derivative. */
const withVectorDerivative = (vectors: Tensor, symmetric: Tensor): Tensor =>
  withDerivative(vectors, [symmetric], (cotangent, [a], v) => {
    const values = sum(mul(v, matMul(a!, v)), { axis: -2, keepAxes: true });
    const inner = mul(inverseGaps(values), adjointTimes(v, cotangent));
    return [timesAdjoint(matMul(v, inner), v)];
  });

const withValueDerivative = (values: Tensor, symmetric: Tensor, vectors: Tensor): Tensor =>
  withDerivative(values, [symmetric, vectors], (cotangent, [, v]) => [
    timesAdjoint(mul(v!, expandAxis(cotangent, -2)), v!),
    undefined,
  ]);

/** A = V · diag(values) · Vᵀ. */
export interface Eigen {
  /** Smallest first, [..., n]. */
  readonly values: Tensor;
  /** Orthonormal, as the columns of [..., n, n]; each is determined up to its sign. */
  readonly vectors: Tensor;
}

/**
 * Eigenvalues and eigenvectors of symmetric matrices [..., n, n] (of other matrices, of their symmetric part), by
 * Jacobi's method. Runs in the graph as one loop, with derivatives of every order. Vectors whose eigenvalues are equal
 * have no derivative; the part between them counts as zero. That is right where such vectors are weighted equally, as in
 * projections, but functions of the matrix such as V · diag(√values) · Vᵀ lack what depends on it.
 */
export function eigh(a: Tensor): Eigen {
  requireSquare('eigh', a);
  if (a.size === 0) return { values: reshape(a, a.shape.slice(0, -1)), vectors: a };
  const symmetric = symmetricPart(a);
  const rows = eigenRows(symmetric);
  const vectors = withVectorDerivative(adjoint(block(rows, [0, 1], [undefined, undefined])), symmetric);
  const values = squeeze(block(rows, [0, 0], [undefined, 1]), -1);
  return { values: withValueDerivative(values, symmetric, vectors), vectors };
}
