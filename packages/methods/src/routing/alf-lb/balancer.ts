import type { Assignment, Router, RouterModule } from '@evenkeel/nn';
import {
  cast,
  clip,
  type DType,
  formatShape,
  greater,
  greaterEqual,
  topK as largest,
  less,
  logicalAnd,
  mean,
  ShapeError,
  sigmoid,
  sign,
  softmax,
  sqrt,
  type Tensor,
  takeAlong,
  where,
  zeros,
} from '@evenkeel/tensor';
import { requireCounts, requireNotNegative, requireOneOf, requireWhole } from '../checks.js';
import { maxViolation } from '../measures.js';

/** How far biases move in a step. */
export interface BalancingStep {
  /**
   * `sign`: by the step, up where an expert has less than the mean load and down where it has more. `proportional`: by
   * the step times what is missing to the mean, in choices; divide the step by the number of tokens to count in shares.
   * `sign` unless said.
   */
  readonly rule?: 'sign' | 'proportional';
  /** 0.001 unless said; not negative. */
  readonly step?: number;
  /** What the step is divided by in the n-th update, n from 1: nothing (`constant`, unless said), n or √n. */
  readonly schedule?: 'constant' | '1/n' | '1/sqrt(n)';
}

export interface LossFreeBalancerOptions extends BalancingStep {
  /** Number of experts, at least 1. */
  readonly experts: number;
  /** Experts of each token, from 1 to all. */
  readonly topK: number;
  /** Whether biases are shifted to a mean of 0 after every update, which changes no choice. False unless said. */
  readonly center?: boolean;
  /** What makes scores s of a gate's logits; `sigmoid` unless said. */
  readonly score?: 'sigmoid' | 'softmax';
  /** Whether the weights of a token's experts are divided by their sum; as DeepSeek-V3 does with sigmoids unless said. */
  readonly normalize?: boolean;
  /** What weights are multiplied by in the end; 1 unless said. */
  readonly scale?: number;
  /** Chooses by biased scores; the `topK` highest unless said. Its weights are not used. */
  readonly choose?: Router;
  /** Of the biases; float32 unless said. */
  readonly dtype?: DType & ('float32' | 'float64');
}

/** @throws RangeError for an unknown rule or schedule and a step that is negative or not finite */
export function requireBalancingStep(name: string, { rule, step, schedule }: Required<BalancingStep>): void {
  requireOneOf(name, 'rule', rule, ['sign', 'proportional']);
  requireOneOf(name, 'schedule', schedule, ['constant', '1/n', '1/sqrt(n)']);
  requireNotNegative(name, 'step', step);
}

/**
 * What the n-th update adds to the biases, εₖ (L - Aₖ): with εₖ = u / |L - Aₖ| it is the sign rule.
 * @param missing L - A, float `[experts]`
 * @param n float scalar, from 1
 */
export function biasIncrements(
  missing: Tensor,
  n: Tensor,
  { rule, step, schedule }: Required<BalancingStep>,
): Tensor {
  const moved = (rule === 'sign' ? sign(missing) : missing).mul(step);
  if (schedule === 'constant') return moved;
  return moved.div(schedule === '1/n' ? n : sqrt(n));
}

/** Biases that an update has made and that are still to be computed: within one step, or its trace. */
const justUpdated = new WeakSet<Tensor>();

/**
 * Balances the experts of a mixture by a bias for each, without a loss: a router for `MixtureOfExperts`. Experts are
 * chosen by the biased scores, s + b, and weighted by the unbiased ones. After each step `update` raises the biases of
 * experts that had less than the mean and lowers the others:
 *
 *   bₖ ← bₖ + u · sign(c̄ - cₖ)   (arXiv 2408.15664, analysed in arXiv 2512.03915 as a primal-dual step)
 *
 * Biases get no gradient. They are tensors of the model, saved with it, and change only where `update` is called:
 * evaluation leaves them alone. It takes a loss that returns the model with the new router as new state:
 * `layer.withRouter(layer.router.update(load))`. With several micro-batches a step, sum their loads first: counts of
 * single micro-batches work clearly worse.
 */
export class LossFreeBalancer implements RouterModule {
  /** Float `[experts]`, 0 at first. */
  readonly bias: Tensor;
  /** Updates so far: a scalar of the same dtype, as optimizers with momentum expect. */
  readonly updates: Tensor;
  readonly options: Required<Omit<LossFreeBalancerOptions, 'dtype'>>;

  /** @throws RangeError for a `topK` outside [1, experts], a negative step and unknown names */
  constructor({
    experts,
    topK,
    rule = 'sign',
    step = 0.001,
    schedule = 'constant',
    center = false,
    score = 'sigmoid',
    normalize = score === 'sigmoid',
    scale = 1,
    choose = chooseLargest(topK),
    dtype = 'float32',
  }: LossFreeBalancerOptions) {
    const name = 'lossFreeBalancer';
    requireWhole(name, 'experts', experts, [1, Number.POSITIVE_INFINITY]);
    requireWhole(name, 'topK', topK, [1, experts]);
    requireBalancingStep(name, { rule, step, schedule });
    requireOneOf(name, 'score', score, ['sigmoid', 'softmax']);
    if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`${name}: scale must be positive and finite, got ${scale}`);
    }
    this.bias = zeros([experts], dtype);
    this.updates = zeros([], dtype);
    this.options = { experts, topK, rule, step, schedule, center, score, normalize, scale, choose };
  }

  /**
   * The experts of each token by their biased scores, best first.
   * @param scores float `[tokens, experts]`
   * @returns int32 `[tokens, topK]`
   * @throws ShapeError for scores of another shape
   */
  select(scores: Tensor): Tensor {
    const { experts, choose } = this.options;
    if (scores.rank !== 2 || scores.length(1) !== experts) {
      throw new ShapeError(
        `lossFreeBalancer: expected scores [tokens, ${experts}], got ${formatShape(scores.shape)}`,
      );
    }
    return choose(scores.add(cast(this.bias, scores.dtype))).experts;
  }

  /**
   * Chooses and weighs: the weight of a chosen expert is its unbiased score, divided by the sum over the chosen ones where
   * `normalize`, times `scale`.
   * @param logits of the gate, float `[tokens, experts]`
   */
  call(logits: Tensor): Assignment {
    const { experts: count, score, normalize, scale } = this.options;
    const scores = score === 'sigmoid' ? sigmoid(logits) : softmax(logits);
    const experts = this.select(scores);
    const isExpert = logicalAnd(greaterEqual(experts, 0), less(experts, count));
    const chosen = where(isExpert, takeAlong(scores, clip(experts, 0, count - 1), -1), 0);
    const total = chosen.sum({ axis: -1, keepAxes: true });
    // A router may leave a token without experts: its weights are 0.
    const weights = normalize ? chosen.div(where(greater(total, 0), total, 1)) : chosen;
    return { experts, weights: weights.mul(scale) };
  }

  /**
   * The balancer of the next step. Once a step, with the counts of the whole batch.
   * @param counts choices that fell on each expert, `[experts]`
   * @throws ShapeError for another number of counts; RangeError for counts that are negative, not finite or all 0 where
   *   their values are known, and for a second update in one step
   */
  update(counts: Tensor): LossFreeBalancer {
    const { experts, center } = this.options;
    const name = 'lossFreeBalancer: update';
    if (counts.rank !== 1) {
      throw new ShapeError(`${name}: expected counts [${experts}], got ${formatShape(counts.shape)}`);
    }
    if (justUpdated.has(this.bias) && !this.bias.stored(name)) {
      throw new RangeError(
        `${name}: called twice for one step; sum the counts of its parts and call it once`,
      );
    }
    const loads = cast(requireCounts(name, counts, experts), this.bias.dtype);
    const updates = this.updates.add(1);
    const missing = mean(loads).sub(loads);
    const moved = this.bias.add(biasIncrements(missing, updates, this.options));
    const bias = center ? moved.sub(mean(moved)) : moved;
    justUpdated.add(bias);
    return Object.assign(Object.create(LossFreeBalancer.prototype), this, { bias, updates });
  }

  /** MaxVio of the counts: see `maxViolation`. @throws ShapeError for another number of experts, else as `update` */
  maxVio(counts: Tensor): Tensor {
    return maxViolation(requireCounts('lossFreeBalancer: maxVio', counts, this.options.experts));
  }
}

/** See `LossFreeBalancer`. */
export const lossFreeBalancer = (options: LossFreeBalancerOptions): LossFreeBalancer =>
  new LossFreeBalancer(options);

/** The `count` highest scores. */
const chooseLargest =
  (count: number): Router =>
  (scores) => {
    const { values, indices } = largest(scores, count);
    return { experts: indices, weights: values };
  };
