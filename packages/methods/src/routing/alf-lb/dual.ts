import {
  cast,
  concat,
  DTypeError,
  expandAxis,
  formatShape,
  iota,
  isFloat,
  topK as largest,
  lessEqual,
  logicalAnd,
  logicalNot,
  max,
  min,
  oneHot,
  ShapeError,
  scan,
  sum,
  type Tensor,
  where,
  zeros,
} from '@evenkeel/tensor';
import { requireWhole } from '../checks.js';
import { maxViolation } from '../measures.js';
import { type BalancingStep, biasIncrements, requireBalancingStep } from './balancer.js';

// Balancing as an assignment problem (arXiv 2512.03915): tokens i, experts k, affinities γ, biases p, K experts for each
// token, and L = K T / E tokens for each expert.

/** @throws ShapeError unless affinities are [tokens, experts] and biases [experts]; DTypeError; RangeError for `topK` */
function requireProblem(name: string, affinity: Tensor, bias: Tensor, topK: number): void {
  if (affinity.rank !== 2 || affinity.size === 0) {
    throw new ShapeError(
      `${name}: expected affinities [tokens, experts], got ${formatShape(affinity.shape)}`,
    );
  }
  const experts = affinity.length(1);
  if (bias.rank !== 1 || bias.length(0) !== experts) {
    throw new ShapeError(`${name}: expected biases [${experts}], got ${formatShape(bias.shape)}`);
  }
  if (!isFloat(affinity.dtype) || bias.dtype !== affinity.dtype) {
    throw new DTypeError(
      `${name}: affinities and biases must be float of one dtype, got ${affinity.dtype} and ${bias.dtype}`,
    );
  }
  requireWhole(name, 'topK', topK, [1, experts]);
}

/** L = K T / E. */
const evenLoad = (affinity: Tensor, topK: number): number => (topK * affinity.length(0)) / affinity.length(1);

/** Who goes where, xᵢₖ = 1 for the K largest γᵢₖ + pₖ of each token, else 0: float `[tokens, experts]`. */
export function selection(affinity: Tensor, bias: Tensor, topK: number): Tensor {
  requireProblem('selection', affinity, bias, topK);
  const { indices } = largest(affinity.add(bias), topK);
  return oneHot(indices, affinity.length(1), affinity.dtype).sum({ axis: 1 });
}

/**
 * Lag(x, p) = Σ (γᵢₖ + pₖ) xᵢₖ - L Σ pₖ: scalar.
 * @param x `[tokens, experts]`, K for each token
 * @throws ShapeError, DTypeError, RangeError for what does not fit together
 */
export function lagrangian(x: Tensor, affinity: Tensor, bias: Tensor, topK: number): Tensor {
  requireProblem('lagrangian', affinity, bias, topK);
  if (`${x.shape}` !== `${affinity.shape}`) {
    throw new ShapeError(
      `lagrangian: expected x ${formatShape(affinity.shape)}, got ${formatShape(x.shape)}`,
    );
  }
  return sum(affinity.add(bias).mul(cast(x, affinity.dtype))).sub(sum(bias).mul(evenLoad(affinity, topK)));
}

/**
 * Dual(p) = max_x Lag(x, p) = Σᵢ (sum of the K largest γᵢₖ + pₖ) - L Σ pₖ: scalar. Convex in p, never below the value of
 * a balanced assignment, and the same when a constant is added to all biases.
 * @throws ShapeError, DTypeError, RangeError for what does not fit together
 */
export function dualObjective(affinity: Tensor, bias: Tensor, topK: number): Tensor {
  requireProblem('dualObjective', affinity, bias, topK);
  const { values } = largest(affinity.add(bias), topK);
  return sum(values).sub(sum(bias).mul(evenLoad(affinity, topK)));
}

/** What one update of the biases does to an assignment. */
export interface DualStep {
  /** Loads A and biases, before and after: `[experts]`. */
  readonly loads: Tensor;
  readonly newBias: Tensor;
  readonly newLoads: Tensor;
  /** Scalars; dualAfter - dualBefore = -dualDecreaseTerm + Σ switchingBenefit. */
  readonly dualBefore: Tensor;
  readonly dualAfter: Tensor;
  /** Σₖ εₖ (Aₖ - L)². */
  readonly dualDecreaseTerm: Tensor;
  /** What each token gains by choosing anew, at the new biases: `[tokens]`, not negative. */
  readonly switchingBenefit: Tensor;
  /** Tokens that left an expert for one whose bias did not rise more: int32 scalar, which is 0 without ties. */
  readonly preferenceViolations: Tensor;
}

export interface DualStepOptions extends BalancingStep {
  /** K, from 1 to the number of experts. */
  readonly topK: number;
}

/**
 * One primal-dual step: pₖ ← pₖ + εₖ (L - Aₖ), then every token chooses anew.
 * @param affinity float `[tokens, experts]`
 * @param bias `[experts]` of the same dtype
 * @param n number of the update, from 1: a float scalar; only schedules look at it
 * @throws ShapeError, DTypeError, RangeError for what does not fit together
 */
export function dualStep(
  affinity: Tensor,
  bias: Tensor,
  { topK, ...step }: DualStepOptions,
  n: Tensor = zeros([], affinity.dtype).add(1),
): DualStep {
  requireProblem('dualStep', affinity, bias, topK);
  const increments = stepOf('dualStep', step);
  const before = selection(affinity, bias, topK);
  const loads = before.sum({ axis: 0 });
  const missing = loads.neg().add(evenLoad(affinity, topK));
  const raised = increments(missing, n);
  const newBias = bias.add(raised);
  const after = selection(affinity, newBias, topK);
  const biased = affinity.add(newBias);
  const infinity = Number.POSITIVE_INFINITY;
  const left = logicalAnd(cast(before, 'bool'), logicalNot(cast(after, 'bool')));
  const joined = logicalAnd(cast(after, 'bool'), logicalNot(cast(before, 'bool')));
  const mostLeft = max(where(left, raised, -infinity), { axis: 1 });
  const leastJoined = min(where(joined, raised, infinity), { axis: 1 });
  return {
    loads,
    newBias,
    newLoads: after.sum({ axis: 0 }),
    dualBefore: dualObjective(affinity, bias, topK),
    dualAfter: dualObjective(affinity, newBias, topK),
    dualDecreaseTerm: sum(raised.mul(missing)),
    switchingBenefit: biased.mul(after.sub(before)).sum({ axis: 1 }),
    preferenceViolations: cast(lessEqual(leastJoined, mostLeft), 'int32').sum(),
  };
}

const stepOf = (name: string, { rule = 'sign', step = 0.001, schedule = 'constant' }: BalancingStep) => {
  const options = { rule, step, schedule };
  requireBalancingStep(name, options);
  return (missing: Tensor, n: Tensor) => biasIncrements(missing, n, options);
};

/** How biases and loads go on when the same tokens choose again and again; the first row of states is the beginning. */
export interface BalancingTrajectory {
  /** `[iterations + 1, experts]` */
  readonly bias: Tensor;
  /** `[iterations + 1, experts]` */
  readonly loads: Tensor;
  /** `[iterations + 1]` */
  readonly dualObjective: Tensor;
  /** `[iterations + 1]` */
  readonly maxVio: Tensor;
  /** Of each step: `[iterations]`. */
  readonly dualDecreaseTerm: Tensor;
  /** Sum over tokens: `[iterations]`. */
  readonly switchingBenefit: Tensor;
  /** int32 `[iterations]` */
  readonly preferenceViolations: Tensor;
}

export interface BalancingTrajectoryOptions extends DualStepOptions {
  /** Steps, at least 1. */
  readonly iterations: number;
  /** Where biases begin: `[experts]` of the affinities' dtype, 0 unless said. */
  readonly bias?: Tensor;
  /** Updates that came before, which schedules count: a scalar of that dtype, 0 unless said. */
  readonly updates?: Tensor;
}

/**
 * Repeats `dualStep`, as one loop in the graph.
 * @param affinity float `[tokens, experts]`
 * @throws ShapeError, DTypeError, RangeError for what does not fit together
 */
export function balancingTrajectory(
  affinity: Tensor,
  {
    iterations,
    bias: start = zeros([affinity.shape.at(-1) ?? 0], affinity.dtype),
    updates = zeros([], affinity.dtype),
    ...options
  }: BalancingTrajectoryOptions,
): BalancingTrajectory {
  requireWhole('balancingTrajectory', 'iterations', iterations, [1, Number.POSITIVE_INFINITY]);
  const first = { bias: start, ...stateOf(affinity, start, options.topK) };
  const [, rows] = scan(
    (bias: Tensor, n: Tensor) => {
      const step = dualStep(affinity, bias, options, n);
      const row = {
        bias: step.newBias,
        loads: step.newLoads,
        dualObjective: step.dualAfter,
        maxVio: maxViolation(step.newLoads),
        dualDecreaseTerm: step.dualDecreaseTerm,
        switchingBenefit: sum(step.switchingBenefit),
        preferenceViolations: step.preferenceViolations,
      };
      return [step.newBias, row];
    },
    start,
    cast(iota(iterations), affinity.dtype).add(1).add(updates),
  );
  return {
    ...rows,
    bias: prepend(first.bias, rows.bias),
    loads: prepend(first.loads, rows.loads),
    dualObjective: prepend(first.dualObjective, rows.dualObjective),
    maxVio: prepend(first.maxVio, rows.maxVio),
  };
}

function stateOf(affinity: Tensor, bias: Tensor, topK: number) {
  const loads = selection(affinity, bias, topK).sum({ axis: 0 });
  return { loads, dualObjective: dualObjective(affinity, bias, topK), maxVio: maxViolation(loads) };
}

/** A row before the others. */
const prepend = (first: Tensor, rows: Tensor): Tensor => concat([expandAxis(first, 0), rows], 0);
