import {
  add,
  cast,
  customGradient,
  div,
  formatShape,
  greater,
  lessEqual,
  maximum,
  mul,
  ShapeError,
  sigmoid,
  sqrt,
  sub,
  type Tensor,
  where,
} from '@evenkeel/tensor';
import {
  type Classes,
  requireClasses,
  requireLabels,
  requireNumbers,
  requireOneOf,
  requirePositive,
  requireProbabilities,
  stopUnlessUsable,
} from './checks.js';

// AnyLoss: Transforming Classification Metrics into Loss Functions, arXiv 2405.14745.

/** Counts of a binary classifier as scalars: true and false positives and negatives, hard or soft. */
export interface Confusion {
  readonly tp: Tensor;
  readonly fn: Tensor;
  readonly fp: Tensor;
  readonly tn: Tensor;
}

/**
 * 1 / (1 + exp(-u)), whose derivative σ(u) σ(-u) is taken from both tails: where σ(u) has been rounded to 1, it is still
 * above zero.
 */
const logistic: (u: Tensor) => Tensor = customGradient(
  (u: Tensor) => div(1, u.neg().exp().add(1)),
  (cotangent, [u], output) => [mul(cotangent, mul(output, logistic(u.neg())))],
);

/** L, the steepness of the amplifying function: 73 unless said, as in the paper. */
const paperSteepness = 73;
/** The largest whole L for which A(1) stays below 1 in float32; in float64 that is 73. */
const float32Steepness = 33;

/** How steep the amplifying function is. */
export interface AmplifyOptions {
  /**
   * L, above 0: 73 unless said, the largest whole number for which A(1) < 1 in float64. In float32 that is 33. Gradients
   * fall off as exp(-L |p - 1/2|), so that 5 to 30 is often easier to train.
   */
  readonly steepness?: number;
}

/** What A is the logistic function of: u = L (p - 1/2). */
const argument = (p: Tensor, steepness: number): Tensor => mul(sub(p, 0.5), steepness);

/**
 * The amplifying function A(p) = 1 / (1 + exp(-L (p - 1/2))): probabilities → numbers close to 0 or 1, of the same shape.
 * It is applied to probabilities, not to logits: there are two sigmoids, one after the other. For predictions use p > 1/2.
 * @throws DTypeError unless `p` is float; RangeError for a steepness that is not positive and finite, and for
 *   probabilities outside [0, 1] where their values are known
 */
export function amplify(p: Tensor, { steepness = paperSteepness }: AmplifyOptions = {}): Tensor {
  requirePositive('amplify', 'steepness', steepness);
  requireProbabilities('amplify', p);
  return logistic(argument(p, steepness));
}

/**
 * The soft confusion matrix of the amplified probabilities ŷ = A(p): TP = Σ y ŷ, FN = Σ y (1 - ŷ), FP = Σ (1 - y) ŷ,
 * TN = Σ (1 - y)(1 - ŷ). 1 - ŷ is computed as A(1 - p), so that nothing cancels and confident mistakes of both kinds keep a gradient.
 * @param p probabilities of class 1, float of any shape with at least one element
 * @param y labels 0 or 1 of the same shape, int32, int64, bool or float
 * @throws as `amplify`; ShapeError for other shapes, RangeError for other labels where their values are known
 */
export function softConfusion(
  p: Tensor,
  y: Tensor,
  { steepness = paperSteepness }: AmplifyOptions = {},
): Confusion {
  requirePositive('softConfusion', 'steepness', steepness);
  requireProbabilities('softConfusion', p);
  requireLabels('softConfusion', p, y);
  return softCounts(p, y, steepness);
}

function softCounts(p: Tensor, y: Tensor, steepness: number): Confusion {
  const u = argument(p, steepness);
  return countsOf(logistic(u), logistic(u.neg()), y);
}

/** The counts of the predictions p > threshold, 1/2 unless said: exact, without gradients. @throws as `softConfusion` */
export function confusion(
  p: Tensor,
  y: Tensor,
  { threshold = 0.5 }: { readonly threshold?: number } = {},
): Confusion {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`confusion: threshold must be in [0, 1], got ${threshold}`);
  }
  requireProbabilities('confusion', p);
  requireLabels('confusion', p, y);
  return countsOf(cast(greater(p, threshold), p.dtype), cast(lessEqual(p, threshold), p.dtype), y);
}

/** Sums of `yes` and `no`, which say how much each sample is taken for a positive or a negative, by label. */
function countsOf(yes: Tensor, no: Tensor, y: Tensor): Confusion {
  const positive = cast(y, yes.dtype);
  const negative = sub(1, positive);
  const total = (a: Tensor, b: Tensor) => mul(a, b).sum();
  return {
    tp: total(positive, yes),
    fn: total(positive, no),
    fp: total(negative, yes),
    tn: total(negative, no),
  };
}

/** A metric of the four counts, built of differentiable operations: a scalar, larger for better classifiers. */
export type ConfusionMetric = (counts: Confusion) => Tensor;

/** The metrics that have names. */
export type MetricName = 'accuracy' | 'fbeta' | 'gmean' | 'balancedAccuracy' | 'precision' | 'recall';

/** How metrics are computed. */
export interface MetricOptions {
  /** β of `fbeta`, above 0: how much more recall counts than precision. 1 unless said. */
  readonly beta?: number;
  /** Denominators are at least this. 1e-12 unless said, at least 0. */
  readonly epsilon?: number;
}

/** A metric and the classes without which it is 0 / 0. */
interface NamedMetric {
  readonly needs: Classes;
  of(counts: Confusion, options: Required<MetricOptions>): Tensor;
}

const ratio = (a: Tensor, b: Tensor, epsilon: number) => div(a, maximum(b, epsilon));
const sensitivity = ({ tp, fn }: Confusion, epsilon: number) => ratio(tp, add(tp, fn), epsilon);
const specificity = ({ tn, fp }: Confusion, epsilon: number) => ratio(tn, add(tn, fp), epsilon);

/** √x, with slope 0 at 0, where it has none: nothing is added under it, which would drown the small products of large L. */
function root(x: Tensor): Tensor {
  const positive = greater(x, 0);
  return where(positive, sqrt(where(positive, x, 1)), 0);
}

const metrics: { readonly [Name in MetricName]: NamedMetric } = {
  accuracy: {
    needs: {},
    of: ({ tp, fn, fp, tn }) => div(add(tp, tn), tp.add(fn).add(fp).add(tn)),
  },
  fbeta: {
    needs: {},
    of({ tp, fn, fp }, { beta, epsilon }) {
      const weighted = mul(tp, 1 + beta ** 2);
      return ratio(weighted, weighted.add(mul(fn, beta ** 2)).add(fp), epsilon);
    },
  },
  gmean: {
    needs: { positives: true, negatives: true },
    of: (counts, { epsilon }) => root(mul(sensitivity(counts, epsilon), specificity(counts, epsilon))),
  },
  balancedAccuracy: {
    needs: { positives: true, negatives: true },
    of: (counts, { epsilon }) => mul(add(sensitivity(counts, epsilon), specificity(counts, epsilon)), 0.5),
  },
  precision: { needs: {}, of: ({ tp, fp }, { epsilon }) => ratio(tp, add(tp, fp), epsilon) },
  recall: { needs: { positives: true }, of: (counts, { epsilon }) => sensitivity(counts, epsilon) },
};

/**
 * A metric of counts, hard or soft: accuracy (TP + TN) / n, `fbeta` (1 + β²) TP / ((1 + β²) TP + β² FN + FP), `gmean`
 * √(TP / (TP + FN) · TN / (TN + FP)), balanced accuracy, the mean of the same two, precision and recall.
 * @throws RangeError for an unknown name, β ≤ 0 and a negative ε
 */
export function confusionMetric(
  metric: MetricName,
  { beta = 1, epsilon = 1e-12 }: MetricOptions = {},
): ConfusionMetric {
  const { of } = namedMetric('confusionMetric', metric);
  requireMetricOptions('confusionMetric', beta, epsilon);
  return (counts) => of(counts, { beta, epsilon });
}

/** Settings of `anyLoss`. */
export interface AnyLossOptions extends AmplifyOptions, MetricOptions {
  /** What the loss is given: `probabilities`, unless said, or `logits`, of which it takes the sigmoid. */
  readonly from?: 'probabilities' | 'logits';
  /** What the loss is computed in, and its dtype; that of the outputs unless said. */
  readonly precision?: 'float32' | 'float64';
  /**
   * What becomes of a batch without positives or without negatives, where the metric needs them (`gmean`,
   * `balancedAccuracy`, and `recall` positives): `refuse`, unless said, or `allow`: the share of the missing class counts
   * as 0 and has no gradient.
   */
  readonly oneClass?: 'refuse' | 'allow';
  /** Called when the loss is made, with what is legal but doubtful: L above 33 in float32. */
  readonly onWarning?: (message: string) => void;
}

/**
 * A metric as a loss: 1 - f(TP, FN, FP, TN) of the soft confusion matrix. The gradient goes through both sigmoids, and
 * n, P and N are those of the batch, as in the equations (the official Keras code takes n of the whole training set,
 * which weakens the negatives' share of G-mean and balanced accuracy). The mean of the F1 of batches is not the F1 of
 * the epoch: give it large batches, or all the data.
 * @param metric a name, or a function of the four counts
 * @returns a loss of outputs (float, any shape) and labels 0 or 1 of the same shape (int32, int64, bool or float): a
 *   scalar. It throws ShapeError for other shapes and empty batches; DTypeError; RangeError for labels that are not 0 or
 *   1, probabilities outside [0, 1], outputs that are NaN, and batches of one class (see `oneClass`). Where values are not known, in a
 *   compiled function, such a batch stops the run with a RuntimeError.
 * @throws RangeError for options out of range
 */
export function anyLoss(
  metric: MetricName | ConfusionMetric,
  {
    steepness = paperSteepness,
    beta = 1,
    epsilon = 1e-12,
    from = 'probabilities',
    precision,
    oneClass = 'refuse',
    onWarning,
  }: AnyLossOptions = {},
): (outputs: Tensor, labels: Tensor) => Tensor {
  const { of, needs } =
    typeof metric === 'function' ? { of: metric, needs: {} } : namedMetric('anyLoss', metric);
  requirePositive('anyLoss', 'steepness', steepness);
  requireMetricOptions('anyLoss', beta, epsilon);
  requireOneOf('anyLoss', 'from', from, ['probabilities', 'logits']);
  requireOneOf('anyLoss', 'oneClass', oneClass, ['refuse', 'allow']);
  if (precision !== undefined) requireOneOf('anyLoss', 'precision', precision, ['float32', 'float64']);
  const needed = oneClass === 'refuse' ? needs : {};
  let warned = false;
  return (outputs, labels) => {
    if (from === 'logits') requireNumbers('anyLoss', 'logits', outputs);
    else requireProbabilities('anyLoss', outputs);
    requireLabels('anyLoss', outputs, labels);
    requireClasses('anyLoss', String(metric), labels, needed);
    const exact = cast(outputs, precision ?? outputs.dtype);
    if (steepness > float32Steepness && exact.dtype === 'float32' && !warned) {
      warned = true;
      onWarning?.(
        `anyLoss: steepness ${steepness} is above ${float32Steepness}: amplified probabilities round to 1 in float32`,
      );
    }
    const p = from === 'logits' ? sigmoid(exact) : exact;
    const loss = sub(1, of(softCounts(p, labels, steepness), { beta, epsilon }));
    if (loss.rank !== 0) {
      throw new ShapeError(`anyLoss: the metric must return a scalar, got ${formatShape(loss.shape)}`);
    }
    return stopUnlessUsable(loss, p, labels, needed);
  };
}

function namedMetric(name: string, metric: MetricName): NamedMetric {
  requireOneOf(name, 'metric', metric, Object.keys(metrics));
  return metrics[metric];
}

function requireMetricOptions(name: string, beta: number, epsilon: number): void {
  requirePositive(name, 'beta', beta);
  if (!(epsilon >= 0 && epsilon < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: epsilon must be in [0, Infinity), got ${epsilon}`);
  }
}
