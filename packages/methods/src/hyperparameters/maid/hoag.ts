import { type BilevelOracle, solveStart } from './oracle.js';
import { type BilevelPoint, requireNotNegative } from './problem.js';

/** How HOAG's accuracies fall, whatever happens: ε₀ 0.9ᵏ, ε₀ / (k + 1)² or ε₀ / (k + 1)³ in step k from 0. */
export type AccuracySequence = 'geometric' | 'quadratic' | 'cubic';

const sequences: { readonly [Name in AccuracySequence]: (k: number) => number } = {
  geometric: (k) => 0.9 ** k,
  quadratic: (k) => (k + 1) ** -2,
  cubic: (k) => (k + 1) ** -3,
};

export interface HoagOptions {
  /** `quadratic` unless said. */
  readonly sequence?: AccuracySequence;
  /** ε₀, above 0; 0.1 unless said. */
  readonly eps0?: number;
  /** First step size, above 0. Unless said, the first step has the length 1. */
  readonly alpha0?: number;
  /** Most outer steps; 100 unless said. */
  readonly steps?: number;
  /** Iterations of the lower solver after which no step begins; 1e6 unless said. */
  readonly budget?: number;
  /** Accuracies stay at least this; 1e-12 unless said. */
  readonly leastAccuracy?: number;
}

/** One step of HOAG, after it was taken. */
export interface HoagStep<X, Theta> {
  /** Counts from 1. */
  readonly step: number;
  readonly x: X;
  readonly theta: Theta;
  /** g(x) + r(θ) at the inexact x. */
  readonly loss: number;
  readonly stepSize: number;
  /** Accuracy of the solution and of the linear system by which the step was taken. */
  readonly eps: number;
  /** |z| */
  readonly gradientNorm: number;
  /** Iterations of the lower solver and of conjugate gradients, of this step alone. */
  readonly lowerIterations: number;
  readonly adjointIterations: number;
}

/**
 * HOAG (Pedregosa 2016, arXiv 1602.02355), a baseline: inexact hypergradients whose accuracies fall by a sequence that is
 * fixed beforehand, and a heuristic step size. Nothing is certified: after a step that lowered the loss by a |z|² / 2, less
 * what the accuracies may hide, steps grow by 1 / 0.95; after one that raised it, they are halved. `project` of the oracle
 * keeps θ in its range.
 * @returns an iterator of outer steps that returns why it ended
 * @throws RangeError for options out of range and losses that are not finite, and what the oracle refuses
 */
export async function* hoagSteps<X, Theta>(
  oracle: BilevelOracle<X, Theta>,
  start: BilevelPoint<X, Theta>,
  options: HoagOptions = {},
): AsyncGenerator<HoagStep<X, Theta>, 'steps' | 'budget', void> {
  const { sequence = 'quadratic', eps0 = 0.1, alpha0, leastAccuracy = 1e-12 } = options;
  const { steps = 100, budget = 1e6 } = options;
  requireHoag({ sequence, eps0, steps, budget, leastAccuracy, alpha0: alpha0 ?? 1 });
  const accuracy = (k: number) => Math.max(eps0 * sequences[sequence](k), leastAccuracy);
  let { theta } = start;
  let solution = await solveStart('hoag', oracle, start, accuracy(0));
  let [lower, stepSize] = [solution.iterations, alpha0];
  for (let step = 1; step <= steps; step++) {
    if (lower >= budget) return 'budget';
    const [eps, next] = [accuracy(step - 1), accuracy(step)];
    const { z, norm, iterations } = await oracle.hypergradient(solution.x, theta, eps);
    const taken = stepSize ?? 1 / Math.max(norm, 1e-3);
    theta = await oracle.move(theta, z, taken);
    const last = solution;
    solution = await oracle.solve(last.x, theta, next);
    if (!Number.isFinite(solution.value)) {
      throw new RangeError(
        `hoag: the upper loss must stay finite, got ${solution.value}; take a smaller alpha0`,
      );
    }
    const hidden = next + eps * (1 + taken * norm);
    if (solution.value <= last.value + hidden - (taken * norm ** 2) / 2) stepSize = taken / 0.95;
    else stepSize = solution.value <= last.value ? taken : taken / 2;
    const lowerIterations = solution.iterations + (step === 1 ? lower : 0);
    lower += solution.iterations;
    yield {
      ...{ step, x: solution.x, theta, loss: solution.value, stepSize: taken, eps, gradientNorm: norm },
      ...{ lowerIterations, adjointIterations: iterations },
    };
  }
  return 'steps';
}

function requireHoag(options: Required<HoagOptions>): void {
  const { sequence, steps, budget, leastAccuracy } = options;
  if (!Object.hasOwn(sequences, sequence)) {
    throw new RangeError(
      `hoag: sequence must be one of ${Object.keys(sequences).join(', ')}, got ${sequence}`,
    );
  }
  for (const option of ['eps0', 'alpha0'] as const) {
    const value = options[option];
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`hoag: ${option} must be positive and finite, got ${value}`);
    }
  }
  if (!(Number.isInteger(steps) && steps >= 1)) {
    throw new RangeError(`hoag: steps must be a whole number from 1, got ${steps}`);
  }
  if (!(budget > 0)) throw new RangeError(`hoag: budget must be above 0, got ${budget}`);
  requireNotNegative('hoag', 'leastAccuracy', leastAccuracy);
}
