import {
  argSort,
  broadcastTo,
  cast,
  cumSum,
  formatShape,
  greater,
  oneHot,
  ones,
  ShapeError,
  slice,
  stack,
  stopGradient,
  sum,
  type Tensor,
  take,
  uniform,
  where,
} from '@evenkeel/tensor';
import { requireWhole } from '../checks.js';
import { maxViolation } from '../measures.js';
import type { FrequencyBuffer } from './buffer.js';
import { requireDomains, requireOptions, requireRouting } from './checks.js';

// Demons in the Detail, arXiv 2501.11873.

/** Over which tokens the frequencies of the experts are counted. */
export type BalanceLevel = 'micro' | 'global' | 'buffer' | 'shuffle';

export interface LoadBalanceOptions {
  /**
   * `micro`: each micro-batch by itself (eq. 3). `global`: all of them (eq. 4-6). `buffer`: the micro-steps of an optimizer
   * step so far (algorithm 1). `shuffle`: as many random tokens of all as a micro-batch has. `global` unless said.
   */
  readonly level?: BalanceLevel;
  /** Of the loss beside the task's; 0.008 unless said, as the paper's models have; not negative. */
  readonly weight?: number;
  /** What a micro-batch's frequencies sum to: 1, unless said, or K, the number of a token's experts, as some libraries do. */
  readonly frequencySum?: '1' | 'K';
  /** Adds this much of the loss of level `micro`; the paper used 0.01 to keep micro-batches fast. 0 unless said. */
  readonly microMix?: number;
  /** `[G, n]`, 1 or true for tokens that count, and 0 or false for padding; all count unless said. */
  readonly mask?: Tensor;
  /**
   * Of the level `buffer`, if all micro-steps are here: into how many consecutive ones the micro-batches are cut. The first
   * sees its own counts, the next the sum of two, and so on.
   */
  readonly accumulationSteps?: number;
  /** Of the level `buffer`, if micro-steps come one a call: the counts of those before. The result has the next one. */
  readonly buffer?: FrequencyBuffer;
  /** Of the level `shuffle`: a random key, another one each step. */
  readonly key?: Tensor;
  /** Of the level `shuffle`: how many tokens are drawn, without replacement; n unless said. */
  readonly drawn?: number;
  /** The domain of each micro-batch, int32 `[G]`, or of each token, `[G, n]`: the result has frequencies by domain. */
  readonly domains?: Tensor;
  /** Number of domains, with `domains`: they are 0, 1, … below it. */
  readonly domainCount?: number;
  /** Sums counts `[experts]` over all devices, for levels `global` and `buffer`; this device has all unless said. */
  readonly reduce?: (counts: Tensor) => Tensor;
}

export interface LoadBalance {
  /** weight · mean of `perMicroBatch`, and what `microMix` adds: scalar. */
  readonly loss: Tensor;
  /** Choices of each micro-batch that fell on each expert: float `[G, E]`. */
  readonly counts: Tensor;
  /** f^j: those counts as frequencies, `[G, E]`. */
  readonly frequency: Tensor;
  /** P^j: mean probabilities, `[G, E]`. */
  readonly meanProbability: Tensor;
  /** E Σᵢ fᵢ Pᵢ^j with the frequencies of the level: `[G]`. */
  readonly perMicroBatch: Tensor;
  /** MaxVio of all counts together: scalar. */
  readonly maxViolation: Tensor;
  /** How often each domain chose each expert, rows that sum as `frequency`, 0 for domains without tokens: `[domains, E]`. */
  readonly domainFrequency?: Tensor;
  /** For the next micro-step, if a buffer was given. */
  readonly buffer?: FrequencyBuffer;
}

/**
 * The load-balancing loss of a mixture's router over G micro-batches of n tokens: weight · (1/G) Σ_j E Σᵢ fᵢ Pᵢ^j. P^j is
 * the mean of a micro-batch's own router probabilities, and f the frequencies with which experts were chosen, counted as
 * `level` says. Per micro-batch, which holds a few sequences, all experts have to be used evenly by almost every text;
 * over the global batch only by all texts together, so that experts can specialize. f has no gradient. Where f or P is
 * uniform the loss is 1 · weight, and where all tokens go to one expert E · weight.
 * @param probabilities softmax of the router's scores: float `[G, n, E]`
 * @param chosen the experts of each token: their numbers, int32 `[G, n, K]`, or a mask that is true for them, bool `[G, n, E]`
 * @throws ShapeError, DTypeError, RangeError for what does not fit, options that do not go together and, where values are
 *   known, probabilities that do not sum to 1 and micro-batches without tokens
 */
export function loadBalanceLoss(
  probabilities: Tensor,
  chosen: Tensor,
  options: LoadBalanceOptions = {},
): LoadBalance {
  const { weight = 0.008, frequencySum = '1', microMix = 0, buffer, reduce } = options;
  requireRouting(probabilities, chosen, options.mask);
  requireOptions(probabilities.length(0), options);
  requireDomains(probabilities.shape, options);
  const [groups, tokens, experts] = probabilities.shape as [number, number, number];
  const { dtype } = probabilities;
  const mask = options.mask ? cast(options.mask, dtype) : ones([groups, tokens], dtype);
  const present = mask.reshape([groups, tokens, 1]);
  // Choices of a token, `[G, n, E]`: the counts have no gradient whatever made them.
  const isMask = chosen.dtype === 'bool';
  const all = isMask ? cast(chosen, dtype) : sum(oneHot(chosen, experts, dtype), { axis: -2 });
  const choices = all.mul(present);
  const counts = sum(choices, { axis: 1 });
  const meanProbability = sum(probabilities.mul(present), { axis: 1 }).div(sum(present, { axis: 1 }));
  // A mask does not say K: it is the mean number of a token's experts.
  const perToken = isMask ? sum(choices).div(sum(present)) : chosen.length(2);
  const scale = frequencySum === 'K' ? perToken : 1;
  const frequency = shares(counts).mul(scale);
  const next = buffer?.add(reduceWith(reduce, sum(counts, { axis: 0 })));
  const level = shares(levelCounts(options, counts, choices, mask, next)).mul(scale);
  const balance = (f: Tensor) => sum(stopGradient(f).mul(meanProbability), { axis: -1 }).mul(experts);
  const perMicroBatch = balance(level);
  const mixed = microMix > 0 ? perMicroBatch.add(balance(frequency).mul(microMix)) : perMicroBatch;
  return {
    loss: mixed.mean().mul(weight),
    counts,
    frequency,
    meanProbability,
    perMicroBatch,
    maxViolation: maxViolation(sum(counts, { axis: 0 })),
    ...(options.domains && { domainFrequency: domainShares(options, choices).mul(scale) }),
    ...(next && { buffer: next }),
  };
}

const shares = (counts: Tensor): Tensor => counts.div(sum(counts, { axis: -1, keepAxes: true }));

/** Shares of the experts in the choices of each domain, from choices `[G, n, E]`: `[domains, E]`. */
function domainShares({ domains, domainCount }: LoadBalanceOptions, choices: Tensor): Tensor {
  const [groups, tokens, experts] = choices.shape as [number, number, number];
  const each = domains!.rank === 1 ? domains!.reshape([groups, 1]) : domains!;
  const member = oneHot(broadcastTo(each, [groups, tokens]), domainCount!, choices.dtype);
  const counts = member
    .reshape([groups * tokens, domainCount!])
    .transpose()
    .matMul(choices.reshape([groups * tokens, experts]));
  const totals = sum(counts, { axis: -1, keepAxes: true });
  return counts.div(where(greater(totals, 0), totals, 1));
}

const reduceWith = (reduce: LoadBalanceOptions['reduce'], counts: Tensor): Tensor =>
  reduce ? cast(reduce(counts), counts.dtype) : counts;

/** Counts that each micro-batch's frequencies come from: `[G, E]`, or `[E]` where all have the same. */
function levelCounts(
  { level = 'global', accumulationSteps: steps = 1, reduce, key, drawn }: LoadBalanceOptions,
  counts: Tensor,
  choices: Tensor,
  mask: Tensor,
  buffer: FrequencyBuffer | undefined,
): Tensor {
  const [groups, tokens, experts] = choices.shape as [number, number, number];
  if (level === 'micro') return counts;
  if (level === 'global') return reduceWith(reduce, sum(counts, { axis: 0 }));
  if (buffer) return cast(buffer.counts, counts.dtype);
  if (level === 'shuffle') {
    const rows = draw(key as Tensor, mask.reshape([groups * tokens]), drawn ?? tokens);
    return sum(take(choices.reshape([groups * tokens, experts]), rows), { axis: 0 });
  }
  const perStep = sum(counts.reshape([steps, groups / steps, experts]), { axis: 1 });
  const rows = Array.from({ length: steps }, (_, i) =>
    slice(perStep, [i, 0], [i + 1, experts]).reshape([experts]),
  );
  const reduced = stack(rows.map((row) => reduceWith(reduce, row)));
  const soFar = cumSum(reduced, { axis: 0 }).reshape([steps, 1, experts]);
  return broadcastTo(soFar, [steps, groups / steps, experts]).reshape([groups, experts]);
}

/** `count` tokens at random without replacement, those that the mask leaves out last: int32 `[count]`. */
function draw(key: Tensor, mask: Tensor, count: number): Tensor {
  requireWhole('loadBalanceLoss', 'drawn', count, [1, mask.size]);
  // Random numbers below 1, and 1 more for padding.
  const places = uniform(key, [mask.size]).add(where(greater(mask, 0), 0, 1));
  return slice(argSort(places), [0], [count]);
}

/**
 * A global batch cut into micro-batches: `[N, …]` → `[count, N / count, …]`, in order.
 * @throws RangeError unless `count` is a positive integer that divides the first axis; ShapeError for a scalar
 */
export function microBatches(batch: Tensor, count: number): Tensor {
  if (batch.rank === 0)
    throw new ShapeError(`microBatches: expected a batch [N, ...], got ${formatShape([])}`);
  const [samples, ...rest] = batch.shape as [number, ...number[]];
  requireWhole('microBatches', 'count', count, [1, Number.POSITIVE_INFINITY]);
  if (samples === 0 || samples % count !== 0) {
    throw new RangeError(`microBatches: a batch of ${samples} cannot be divided into ${count} micro-batches`);
  }
  return batch.reshape([count, samples / count, ...rest]);
}
