import type { Tensor } from '../../graph/tensor.js';
import { sum } from '../broadcast.js';
import { eye } from '../diagonal.js';
import { add, div, mul, sqrt, sub } from '../elementwise.js';
import { matMul } from '../matMul.js';
import { adjoint, requireMatrices, requireSquare, symmetricPart, timesAdjoint } from './matrix.js';

// Iterations of matrix products alone, which is what processors are fastest at.

function requireSteps(name: string, steps: number): void {
  if (!(Number.isSafeInteger(steps) && steps >= 1)) {
    throw new RangeError(`${name}: steps: expected an integer of at least 1, got ${steps}`);
  }
}

const frobeniusNorm = (a: Tensor): Tensor => sqrt(sum(mul(a, a), { axis: [-2, -1], keepAxes: true }));

export interface NewtonSchulzOptions {
  /** 5 unless said. */
  readonly steps?: number;
  /** a, b and c of x → a x + b x³ + c x⁵ on singular values; Muon's 3.4445, -4.775, 2.0315 unless said. */
  readonly coefficients?: readonly [a: number, b: number, c: number];
  /** Added to the norm that the matrix is divided by. 1e-7 unless said. */
  readonly epsilon?: number;
}

/**
 * Moves the singular values of matrices [..., m, n] towards 1 and keeps the singular vectors: U S Vᵀ becomes roughly
 * U Vᵀ, the nearest matrix with orthonormal rows or columns. Muon's coefficients rise fast and end between about 0.7 and
 * 1.2; (2, -1.5, 0.5) converges to 1. In the graph, with derivatives of every order.
 */
export function newtonSchulz(a: Tensor, options: NewtonSchulzOptions = {}): Tensor {
  const { steps = 5, coefficients = [3.4445, -4.775, 2.0315], epsilon = 1e-7 } = options;
  requireSteps('newtonSchulz', steps);
  const [m, n] = requireMatrices('newtonSchulz', a);
  // The products of the shorter side are the smaller ones.
  if (m > n) return adjoint(newtonSchulz(adjoint(a), options));
  let x = div(a, add(frobeniusNorm(a), epsilon));
  for (let step = 0; step < steps; step++) {
    const gram = timesAdjoint(x, x);
    const polynomial = add(mul(gram, coefficients[1]), mul(matMul(gram, gram), coefficients[2]));
    x = add(mul(x, coefficients[0]), matMul(polynomial, x));
  }
  return x;
}

/** Square roots of a matrix and of its inverse. */
export interface MatrixRoots {
  readonly sqrt: Tensor;
  readonly inverseSqrt: Tensor;
}

/**
 * The square roots of symmetric positive definite matrices [..., n, n] and of their inverses, by the coupled
 * Newton–Schulz iteration. Converges for every such matrix, from the largest eigenvalues down: each step brings in about
 * a factor of 2.25 of the condition number, so that 20 steps (unless said) do for 1e5. In the graph, with derivatives of
 * every order, those of the iteration itself.
 */
export function matrixRoots(a: Tensor, { steps = 20 }: { readonly steps?: number } = {}): MatrixRoots {
  requireSteps('matrixRoots', steps);
  const n = requireSquare('matrixRoots', a);
  const symmetric = symmetricPart(a);
  const norm = frobeniusNorm(symmetric);
  const identity = eye(n, n, a.dtype);
  let root = div(symmetric, norm);
  let inverseRoot = add(mul(symmetric, 0), identity);
  for (let step = 0; step < steps; step++) {
    const factor = mul(sub(mul(identity, 3), matMul(inverseRoot, root)), 0.5);
    root = matMul(root, factor);
    inverseRoot = matMul(factor, inverseRoot);
  }
  const scale = sqrt(norm);
  return { sqrt: mul(root, scale), inverseSqrt: div(inverseRoot, scale) };
}

/** The square root of symmetric positive definite matrices, as `matrixRoots` finds it. */
export const matrixSqrt = (a: Tensor, options: { readonly steps?: number } = {}): Tensor =>
  matrixRoots(a, options).sqrt;

/** The inverse of the square root of symmetric positive definite matrices, as `matrixRoots` finds it. */
export const inverseSqrtNewtonSchulz = (a: Tensor, options: { readonly steps?: number } = {}): Tensor =>
  matrixRoots(a, options).inverseSqrt;
