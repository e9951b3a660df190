import type { Router } from '@evenkeel/nn';
import {
  argMax,
  full,
  logSumExp,
  oneHot,
  scan,
  stopGradient,
  type Tensor,
  takeAlong,
  topK,
  zeros,
} from '@evenkeel/tensor';

// What transport with a limit is compared with.

/** Sends the whole mass of every row to its cheapest column, whatever that gets: `[m, n]`. */
export function greedyPlan(cost: Tensor): Tensor {
  const [rows, columns] = cost.shape as [number, number];
  return oneHot(argMax(cost.neg(), -1), columns, cost.dtype).div(rows);
}

export interface EntropicTransport {
  /** `[m, n]`, all of it positive, with even masses of the columns. */
  readonly plan: Tensor;
  /** The dual objective after each iteration. */
  readonly objectives: Tensor;
}

/**
 * Transport of even masses with ε Σ T log T added to the cost, by Sinkhorn's iterations: prices of the rows, then of the
 * columns.
 */
export function sinkhorn(cost: Tensor, epsilon: number, iterations: number): EntropicTransport {
  const [rows, columns] = cost.shape as [number, number];
  const price = (other: Tensor, axis: 0 | 1, count: number) =>
    logSumExp(other.sub(cost).div(epsilon), { axis }).add(Math.log(count)).mul(-epsilon);
  const [[alpha, beta], objectives] = scan(
    ([, before]: readonly [Tensor, Tensor]) => {
      const byRow = price(before, 1, rows);
      const byColumn = price(byRow.reshape([rows, 1]), 0, columns);
      return [[byRow, byColumn] as const, byRow.mean().add(byColumn.mean())] as const;
    },
    [zeros([rows], cost.dtype), zeros([columns], cost.dtype)] as readonly [Tensor, Tensor],
    undefined,
    { length: iterations },
  );
  return {
    plan: alpha.reshape([rows, 1]).add(beta).sub(cost).div(epsilon).exp(),
    objectives,
  };
}

/** Each token to the expert of which the entropic plan gives it most, weighed by its score. */
export const sinkhornRouter =
  (epsilon: number, iterations: number, scoresOf: (logits: Tensor) => Tensor): Router =>
  (logits) => {
    const scores = scoresOf(logits);
    const { plan } = sinkhorn(stopGradient(scores).neg(), epsilon, iterations);
    const { indices } = topK(plan, 1);
    return { experts: indices, weights: takeAlong(scores, indices, -1) };
  };

/** Even masses. */
export const evenly = (count: number, like: Tensor): Tensor => full([count], 1 / count, like.dtype);
