import { div, greater, sqrt, sub, type Tensor, tensor, whileLoop } from '@evenkeel/tensor';
import { norm, plus } from './vectors.js';

/** What a solver is told: scalars of the dtype of x. */
export interface LowerSolverSettings {
  /** Where |∇h| may stop. */
  readonly tolerance: Tensor;
  /** μ of h. */
  readonly strongConvexity: Tensor;
  /** L of ∇h. */
  readonly smoothness: Tensor;
  /** Most iterations. */
  readonly maximum: number;
}

/** What a solver found, with scalars of the dtype of x. */
export interface LowerSolved<X> {
  readonly x: X;
  /** |∇h(x)| */
  readonly gradientNorm: Tensor;
  readonly iterations: Tensor;
}

/**
 * Minimizes a strongly convex function, given by its gradient, from x on until |∇h(x)| ≤ tolerance or `maximum`
 * iterations. It is traced: its loop must be one of the graph (`whileLoop`).
 */
export type LowerSolver = <X>(gradient: (x: X) => X, x: X, settings: LowerSolverSettings) => LowerSolved<X>;

/** Gradient descent with a momentum: x⁺ = y - ∇h(y) / L, y⁺ = x⁺ + β (x⁺ - x). The point that counts is y. */
function descend<X>(
  gradient: (x: X) => X,
  start: X,
  momentum: Tensor | undefined,
  { tolerance, smoothness, maximum }: LowerSolverSettings,
): LowerSolved<X> {
  const rate = div(-1, smoothness);
  const first = gradient(start);
  const { y, gradientNorm, iterations } = whileLoop(
    (carry) => greater(carry.gradientNorm, tolerance),
    ({ x, y, slope, iterations }) => {
      const next = plus(y, rate, slope);
      const ahead = momentum ? plus(next, momentum, plus(next, tensor(-1, rate.dtype), x)) : next;
      const slopeThere = gradient(ahead);
      return {
        x: next,
        y: ahead,
        slope: slopeThere,
        gradientNorm: norm(slopeThere),
        iterations: iterations.add(1),
      };
    },
    { x: start, y: start, slope: first, gradientNorm: norm(first), iterations: tensor(0, rate.dtype) },
    { maximum },
  );
  return { x: y, gradientNorm, iterations };
}

/** Nesterov's method for strongly convex functions: momentum β = (√L - √μ) / (√L + √μ), begun anew by each call. */
export const nesterov: LowerSolver = (gradient, x, settings) => {
  const [root, rootMu] = [sqrt(settings.smoothness), sqrt(settings.strongConvexity)];
  return descend(gradient, x, div(sub(root, rootMu), root.add(rootMu)), settings);
};

/** Gradient descent with step 1 / L. */
export const gradientDescent: LowerSolver = (gradient, x, settings) =>
  descend(gradient, x, undefined, settings);
