import type { Router } from '@evenkeel/nn';
import {
  formatShape,
  full,
  grad,
  greater,
  topK as largest,
  less,
  ShapeError,
  stopGradient,
  type Tensor,
  where,
  whileLoop,
  zeros,
} from '@evenkeel/tensor';
import { requirePositive, requireWhole } from '../checks.js';
import { type SparseTransportProblem, sparseTransportSemiDual } from './dual.js';

export interface SparseTransportRouterOptions {
  /** Most tokens of each expert, at least 1. */
  readonly capacity: number;
  /**
   * γ: how far an expert's mass is spread over its tokens. A tenth of the number of tokens unless said, which suits scores
   * from 0 to 1: ten times as much misses the tokens' masses widely, a tenth of it hardly ever fills an expert.
   */
  readonly gamma?: number;
  /** Steps towards the best potentials; 50 unless said. */
  readonly iterations?: number;
  /** Experts of a token at most, those with the largest shares; as many as the plan gives it unless said. */
  readonly choices?: number;
}

/**
 * Maximizes the semi-dual by accelerated gradient steps of length γ / n, which starts anew where it overshoots.
 * @returns α `[m]`, without a gradient
 */
export function ascend(problem: SparseTransportProblem, iterations: number): Tensor {
  const [rows, columns] = problem.cost.shape as [number, number];
  const { dtype } = problem.cost;
  const slope = grad((alpha: Tensor) => sparseTransportSemiDual(problem, alpha).objective);
  interface Carry {
    readonly alpha: Tensor;
    readonly ahead: Tensor;
    readonly pace: Tensor;
    readonly step: Tensor;
  }
  const start: Carry = {
    alpha: zeros([rows], dtype),
    ahead: zeros([rows], dtype),
    pace: full([], 1, dtype),
    step: zeros([], 'int32'),
  };
  const { alpha } = whileLoop(
    ({ step }: Carry) => less(step, iterations),
    ({ alpha, ahead, pace, step }: Carry) => {
      const uphill = slope(ahead);
      const next = ahead.add(uphill.mul(problem.gamma / columns));
      const move = next.sub(alpha);
      const overshot = less(uphill.mul(move).sum(), 0);
      const faster = pace.square().mul(4).add(1).sqrt().add(1).div(2);
      const momentum = where(overshot, 0, pace.sub(1).div(faster));
      return {
        alpha: next,
        ahead: next.add(move.mul(momentum)),
        pace: where(overshot, 1, faster),
        step: step.add(1),
      };
    },
    start,
  );
  return stopGradient(alpha);
}

/**
 * Sends tokens to experts by a transport plan in which every expert has the same mass and at most `capacity` tokens
 * (arXiv 2209.15466): a router for `MixtureOfExperts`, and a chooser for `lossFreeBalancer`, whose biases change nothing
 * then: what is added to all scores of an expert leaves its column of the plan as it is. Costs are the negative
 * scores, which should lie near [0, 1]: put a sigmoid or softmax before it where they are logits. A choice weighs what the
 * plan sends, as a share of the token's mass; it has a gradient by the scores at fixed potentials.
 *
 * Capacity is exact, and a layer needs no more room than `capacity / (tokens · choices / experts)`. The tokens' masses are
 * not: a token may weigh more or less than 1 in all, or be left without an expert. Choices that the plan leaves empty are
 * -1, and a layer counts them as dropped. Where a token goes depends on all tokens of the call, later ones of the same text
 * included.
 * @throws RangeError for options outside their range; ShapeError, when called, for scores that are not
 *   `[tokens, experts]`
 */
export function sparseTransportRouter({
  capacity,
  gamma,
  iterations = 50,
  choices,
}: SparseTransportRouterOptions): Router {
  const name = 'sparseTransportRouter';
  requireWhole(name, 'capacity', capacity, [1, Number.POSITIVE_INFINITY]);
  requireWhole(name, 'iterations', iterations, [1, Number.POSITIVE_INFINITY]);
  if (choices !== undefined) requireWhole(name, 'choices', choices, [1, Number.POSITIVE_INFINITY]);
  if (gamma !== undefined) requirePositive(name, 'gamma', gamma);
  return (scores) => {
    if (scores.rank !== 2 || scores.size === 0) {
      throw new ShapeError(`${name}: expected scores [tokens, experts], got ${formatShape(scores.shape)}`);
    }
    const [tokens, count] = scores.shape as [number, number];
    const { dtype } = scores;
    const problem = {
      cost: scores.neg(),
      a: full([tokens], 1 / tokens, dtype),
      b: full([count], 1 / count, dtype),
      k: capacity,
      gamma: gamma ?? tokens / 10,
    };
    const alpha = ascend({ ...problem, cost: stopGradient(problem.cost) }, iterations);
    const shares = sparseTransportSemiDual(problem, alpha).plan.mul(tokens);
    const { values, indices } = largest(shares, Math.min(choices ?? count, count));
    return { experts: where(greater(values, 0), indices, -1), weights: values };
  };
}
