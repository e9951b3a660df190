import type { RouterStatistics } from '@evenkeel/nn';
import {
  cast,
  formatShape,
  greater,
  max,
  mean,
  oneHot,
  ShapeError,
  sum,
  type Tensor,
  where,
} from '@evenkeel/tensor';
import { requireCounts } from './checks.js';

// How evenly, and to whom, tokens are sent.

/** How often each expert was chosen: int32 `[…, n, k]` → float32 `[…, experts]`. Numbers that are no expert's count nowhere. */
export function countChoices(chosen: Tensor, experts: number): Tensor {
  return sum(oneHot(chosen, experts), { axis: [-3, -2] });
}

/**
 * MaxVio = (max_k c_k - c̄) / c̄ with c̄ the mean count: 0 where all experts get the same, experts - 1 where one gets all.
 * Counts `[…, experts]` → `[…]`.
 * @throws as `requireCounts`
 */
export function maxViolation(counts: Tensor): Tensor {
  const loads = requireCounts('maxViolation', counts);
  return max(loads, { axis: -1 })
    .div(mean(loads, { axis: -1 }))
    .sub(1);
}

/**
 * Entropy of the loads over its largest possible value, log(experts): 1 where all experts get the same, 0 where one gets
 * all. Counts `[…, experts]` of at least two experts → `[…]`.
 * @throws as `requireCounts`
 */
export function loadEntropy(counts: Tensor): Tensor {
  const loads = requireCounts('loadEntropy', counts);
  if (loads.length(-1) < 2) throw new ShapeError('loadEntropy: expected at least two experts, got one');
  const shares = sharesOf(loads);
  // An expert without tokens adds nothing: 0 · log 1.
  const terms = shares.mul(where(greater(shares, 0), shares, 1).log());
  return sum(terms, { axis: -1 })
    .neg()
    .div(Math.log(loads.length(-1)));
}

const sharesOf = (loads: Tensor): Tensor => loads.div(sum(loads, { axis: -1, keepAxes: true }));

/**
 * How far domains use experts of their own: the mean over domains of the total-variation distance ½ Σ_k |f_dk - f_k|
 * between a domain's shares of the experts and the shares of all choices together. 0 where all domains use the experts
 * alike, towards 1 - 1 / domains where each has its own. Counts `[domains, experts]` → scalar.
 * @throws ShapeError unless counts have rank 2; else as `requireCounts`
 */
export function specialization(counts: Tensor): Tensor {
  if (counts.rank !== 2) {
    throw new ShapeError(
      `specialization: expected counts [domains, experts], got ${formatShape(counts.shape)}`,
    );
  }
  const loads = requireCounts('specialization', counts);
  const overall = sharesOf(sum(loads, { axis: 0 }));
  return mean(sum(sharesOf(loads).sub(overall).abs(), { axis: -1 })).div(2);
}

/** Share of the choices that found no room or were no expert's number: what a mixture's layer reports → float32 scalar. */
export const droppedShare = ({ dropped, experts }: Pick<RouterStatistics, 'dropped' | 'experts'>): Tensor =>
  cast(dropped, 'float32').div(experts.size);
