import { type MaidStatus, type MaidStep, maidSteps } from './descent.js';
import { bilevelOracle, type OracleOptions } from './oracle.js';
import type { BilevelPoint, BilevelProblem } from './problem.js';
import type { MaidOptions } from './settings.js';

// An adaptively inexact first-order method for bilevel optimization with application to hyperparameter learning,
// arXiv 2308.10098. Where its official code departs from its equations, these are the equations.

export {
  type ErrorBoundTerms,
  hypergradientErrorBound,
  type InexactValue,
  sufficientDecrease,
  type TrialStep,
  type UpperShape,
  upperBracket,
} from './bounds.js';
export { conjugateGradients, type LinearSolution } from './conjugateGradients.js';
export { fixedAccuracySteps, type MaidStatus, type MaidStep, maidSteps } from './descent.js';
export { type AccuracySequence, type HoagOptions, type HoagStep, hoagSteps } from './hoag.js';
export {
  type BilevelOracle,
  bilevelOracle,
  type Hypergradient,
  type LowerSolution,
  type OracleOptions,
} from './oracle.js';
export type { BilevelPoint, BilevelProblem, LowerProblem, ProblemConstant, UpperProblem } from './problem.js';
export type { MaidOptions } from './settings.js';
export {
  gradientDescent,
  type LowerSolved,
  type LowerSolver,
  type LowerSolverSettings,
  nesterov,
} from './solvers.js';

/** What MAID came to. */
export interface MaidResult<X, Theta> extends BilevelPoint<X, Theta> {
  /** g(x) + r(θ) */
  readonly loss: number;
  /** Why it ended. */
  readonly status: MaidStatus;
  /** All steps, without their points. */
  readonly history: readonly Omit<MaidStep<X, Theta>, 'x' | 'theta'>[];
}

/**
 * Learns hyperparameters θ by descent on the validation loss f(θ) = g(x̂(θ)) + r(θ), x̂(θ) = argmin h(·, θ), from inexact
 * solutions x and inexact hypergradients z alone; see `maidSteps` for the algorithm. Nothing is differentiated through
 * the solver: z = -J(x)ᵀ q with H(x) q = ∇g(x), whose products come from the engine unless the problem has its own.
 * @param problem the two losses, and constants of them
 * @param start x and θ, trees of tensors of one float dtype; float64 when accuracies are to go below 1e-4
 * @throws RangeError for constants and options out of range, a lower loss that is not strongly convex, and an upper loss
 *   that is not finite at the start; ShapeError for a start without float tensors and for shapes that disagree
 */
export async function maid<X, Theta>(
  problem: BilevelProblem<X, Theta>,
  start: BilevelPoint<X, Theta>,
  options: MaidOptions & Pick<OracleOptions<Theta>, 'lowerIterations' | 'adjointIterations'> = {},
): Promise<MaidResult<X, Theta>> {
  const { lowerIterations = 2000, adjointIterations = 2000, ...rest } = options;
  const oracle = bilevelOracle(problem, start, {
    lowerIterations,
    adjointIterations,
    bounds: rest.checkDescent ?? true,
  });
  try {
    const steps = maidSteps(oracle, start, rest);
    const history: Omit<MaidStep<X, Theta>, 'x' | 'theta'>[] = [];
    let { x, theta } = start;
    let loss = Number.NaN;
    let next = await steps.next();
    for (; !next.done; next = await steps.next()) {
      const { x: foundX, theta: foundTheta, ...record } = next.value;
      [x, theta, loss] = [foundX, foundTheta, record.loss];
      history.push(record);
    }
    return { x, theta, loss, status: next.value, history };
  } finally {
    await oracle.release();
  }
}
