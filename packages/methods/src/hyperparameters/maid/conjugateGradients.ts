import {
  div,
  greater,
  logicalAnd,
  mapTree,
  minimum,
  mul,
  type Tensor,
  tensor,
  whileLoop,
  zerosLike,
} from '@evenkeel/tensor';
import { dot, plus } from './vectors.js';

/** What conjugate gradients found, with scalars of the dtype of the right-hand side. */
export interface LinearSolution<X> {
  readonly solution: X;
  /** |b - H q| */
  readonly residual: Tensor;
  readonly iterations: Tensor;
  /** The least pᵀH p / pᵀp of all directions: not above 0 when H is not positive definite, where it stops at once. */
  readonly curvature: Tensor;
}

/**
 * Solves H q = b by conjugate gradients from q = 0, until the residual norm is at most `tolerance` (absolute) or after
 * `maximum` iterations. H is symmetric and positive definite, given as a product. It is traced as one loop.
 */
export function conjugateGradients<X>(
  product: (v: X) => X,
  b: X,
  { tolerance, maximum }: { readonly tolerance: Tensor; readonly maximum: number },
): LinearSolution<X> {
  const { dtype } = tolerance;
  const square = mul(tolerance, tolerance);
  const { q, squared, iterations, curvature } = whileLoop(
    ({ squared, curvature }) => logicalAnd(greater(squared, square), greater(curvature, 0)),
    ({ q, residual, direction, squared, iterations, curvature }) => {
      const image = product(direction);
      const bend = dot(direction, image);
      const step = div(squared, bend);
      const rest = plus(residual, step.neg(), image);
      const after = dot(rest, rest);
      return {
        q: plus(q, step, direction),
        residual: rest,
        direction: plus(rest, div(after, squared), direction),
        squared: after,
        iterations: iterations.add(1),
        curvature: minimum(curvature, div(bend, dot(direction, direction))),
      };
    },
    {
      q: mapTree((leaf) => zerosLike(leaf), b),
      residual: b,
      direction: b,
      squared: dot(b, b),
      iterations: tensor(0, dtype),
      curvature: tensor(Number.POSITIVE_INFINITY, dtype),
    },
    { maximum },
  );
  return { solution: q, residual: squared.sqrt(), iterations, curvature };
}
