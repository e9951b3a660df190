import { compile, eigh, evaluate, matMul, mul, solve, type Tensor } from '@evenkeel/tensor';
import type { BilevelProblem } from './problem.js';

/** Matrices `[rows, n]`, `[rows, n]` and `[rows, d]`, right-hand sides `[rows]`, all of one float dtype. */
export interface QuadraticTerms {
  readonly a1: Tensor;
  readonly a2: Tensor;
  readonly a3: Tensor;
  readonly b1: Tensor;
  readonly b2: Tensor;
}

/** ½ |A x - b|² */
export const halfSquares = (a: Tensor, x: Tensor, b: Tensor): Tensor =>
  mul(matMul(a, x).sub(b).square().sum(), 0.5);

/**
 * Least squares inside least squares (section 4.1): g = ½ |A1 x - b1|², h = ½ |A2 x + A3 θ - b2|². Its constants are
 * exact: μ and L are the extreme eigenvalues of A2ᵀA2, L_g the largest of A1ᵀA1, |J| = |A2ᵀA3|, and L_J = L_H⁻¹ = 0.
 */
export async function quadraticProblem({
  a1,
  a2,
  a3,
  b1,
  b2,
}: QuadraticTerms): Promise<BilevelProblem<Tensor, Tensor>> {
  const gram = (a: Tensor, b: Tensor) => matMul(a.transpose(), b);
  const eigenvalues = async (a: Tensor) => Array.from(await eigh(gram(a, a)).values.data(), Number);
  const lower = await eigenvalues(a2);
  const [upper, mixed] = [await eigenvalues(a1), await eigenvalues(gram(a2, a3))];
  return {
    lower: {
      loss: (x, theta) => halfSquares(a2, x, b2.sub(matMul(a3, theta))),
      strongConvexity: Math.min(...lower),
      smoothness: Math.max(...lower),
      mixedNorm: Math.sqrt(Math.max(...mixed)),
      mixedLipschitz: 0,
      inverseHessianLipschitz: 0,
    },
    upper: { loss: (x) => halfSquares(a1, x, b1), smoothness: Math.max(...upper) },
  };
}

/**
 * f(θ) of the quadratic problem with the exact x̂(θ) = P θ + c, and its least value, which is that of an ordinary
 * least-squares problem.
 */
export async function quadraticValues({ a1, a2, a3, b1, b2 }: QuadraticTerms) {
  const normalEquations = (a: Tensor, b: Tensor) => solve(matMul(a.transpose(), a), matMul(a.transpose(), b));
  const [slopes, constant] = await evaluate([
    matMul(a1, normalEquations(a2, a3)).neg(),
    b1.sub(matMul(a1, normalEquations(a2, b2))),
  ]);
  const valueAt = (theta: Tensor) => halfSquares(slopes!, theta, constant!);
  const least = await valueAt(normalEquations(slopes!, constant!)).item();
  return { value: compile(valueAt), least };
}
