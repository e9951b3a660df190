import { requireNotNegative, requireStrongConvexity } from './problem.js';

/** What bounds the error of an inexact hypergradient; everything at the inexact x. */
export interface ErrorBoundTerms {
  /** ε ≥ |x - x̂(θ)| */
  readonly eps: number;
  /** δ ≥ |H q - ∇g(x)| */
  readonly delta: number;
  /** μ */
  readonly strongConvexity: number;
  /** L_g */
  readonly upperSmoothness: number;
  /** |∇g(x)| */
  readonly upperGradientNorm: number;
  /** |J(x)| */
  readonly mixedNorm: number;
  /** L_J: 0 for a quadratic h. */
  readonly mixedLipschitz: number;
  /** L of H⁻¹: 0 for a quadratic h. */
  readonly inverseHessianLipschitz: number;
}

/**
 * ω ≥ |z - ∇f(θ)| (Theorem 2.1): ω = c ε + |J| δ / μ + L_J L_g ε² / μ with
 * c = L_g |J| / μ + L_H⁻¹ |∇g| |J| + L_J |∇g| / μ. The official code lacks L_g in the first and the last term.
 * @throws RangeError for μ that is not positive, and other terms that are negative or not finite
 */
export function hypergradientErrorBound(terms: ErrorBoundTerms): number {
  const { strongConvexity: mu, eps, delta, upperSmoothness, upperGradientNorm, mixedNorm } = terms;
  const { mixedLipschitz, inverseHessianLipschitz } = terms;
  requireStrongConvexity('hypergradientErrorBound', mu);
  const rest = {
    eps,
    delta,
    upperSmoothness,
    upperGradientNorm,
    mixedNorm,
    mixedLipschitz,
    inverseHessianLipschitz,
  };
  for (const [what, value] of Object.entries(rest))
    requireNotNegative('hypergradientErrorBound', what, value);
  const c =
    (upperSmoothness * mixedNorm) / mu +
    inverseHessianLipschitz * upperGradientNorm * mixedNorm +
    (mixedLipschitz * upperGradientNorm) / mu;
  return c * eps + (mixedNorm / mu) * delta + ((mixedLipschitz * upperSmoothness) / mu) * eps ** 2;
}

/** The upper loss at an inexact solution. */
export interface InexactValue {
  /** g(x) + r(θ) */
  readonly value: number;
  /** |∇g(x)| */
  readonly gradientNorm: number;
  /** ε ≥ |x - x̂(θ)| */
  readonly eps: number;
}

/** L_g, and whether g is convex, which makes the lower bound tighter. */
export interface UpperShape {
  readonly upperSmoothness: number;
  readonly upperConvex?: boolean;
}

/** [U_low, U_up], between which f(θ) lies: g(x) ± (|∇g(x)| ε + L_g ε² / 2), below without the last term if g is convex. */
export function upperBracket(
  { value, gradientNorm, eps }: InexactValue,
  { upperSmoothness, upperConvex = false }: UpperShape,
): readonly [low: number, up: number] {
  const [slope, bend] = [gradientNorm * eps, (upperSmoothness / 2) * eps ** 2];
  return [value - slope - (upperConvex ? 0 : bend), value + slope + bend];
}

/** A trial step. */
export interface TrialStep extends UpperShape {
  readonly before: InexactValue;
  readonly after: InexactValue;
  /** a */
  readonly stepSize: number;
  /** |z|² */
  readonly gradientSquare: number;
  /** λ: the share of a |z|² by which f must fall. */
  readonly armijo: number;
}

/** ψ(a) = U_up(θ - a z) - U_low(θ) + λ a |z|². At most 0, it says that f itself falls by λ a |z|². */
export function sufficientDecrease(trial: TrialStep): number {
  const { before, after, stepSize, gradientSquare, armijo } = trial;
  return upperBracket(after, trial)[1] - upperBracket(before, trial)[0] + armijo * stepSize * gradientSquare;
}
