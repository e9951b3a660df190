import {
  cast,
  DTypeError,
  formatShape,
  logSoftmax,
  notEqual,
  ShapeError,
  type Tensor,
  take,
  where,
} from '@evenkeel/tensor';
import { checkedLabels, scoreAt } from './labels.js';
import { type Reduction, reduceLosses } from './reduction.js';

/** How `crossEntropy` counts samples and classes. */
export interface CrossEntropyOptions {
  /** The mean over samples unless said: with weights, over the weights of their labels. */
  readonly reduction?: Reduction;
  /** Share of the target that is spread evenly over all classes, in [0, 1]; 0 unless said. */
  readonly labelSmoothing?: number;
  /** `[classes]`, of the dtype of the logits: how much each class counts; all the same unless said. */
  readonly classWeights?: Tensor;
  /**
   * A label whose samples count nothing, often -1; none unless said. A mean of which all samples are ignored is 0 / 0,
   * which is NaN.
   */
  readonly ignoreIndex?: number;
}

/**
 * -log softmax(logits)[label]: logits `[…, classes]`, labels (int32 or int64) `[…]`. Finite for logits of any finite size.
 * @throws ShapeError, DTypeError, RangeError as `scoreOfLabel`; and for options outside their range
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { reduction = 'mean', labelSmoothing = 0, classWeights, ignoreIndex }: CrossEntropyOptions = {},
): Tensor {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be in [0, 1], got ${labelSmoothing}`);
  }
  if (ignoreIndex !== undefined && !Number.isSafeInteger(ignoreIndex)) {
    throw new RangeError(`crossEntropy: ignoreIndex must be an integer, got ${ignoreIndex}`);
  }
  const checked = checkedLabels('crossEntropy', logits, labels, ignoreIndex);
  if (classWeights) requireWeights(logits, classWeights);
  const classLosses = logSoftmax(logits).neg();
  const weigh = (losses: Tensor, weights: Tensor | undefined) => (weights ? losses.mul(weights) : losses);

  const labelWeights = classWeights && take(classWeights, checked);
  const ofLabel = weigh(scoreAt(classLosses, checked), labelWeights);
  const spread = () => weigh(classLosses, classWeights).mean({ axis: -1 });
  const smoothed =
    labelSmoothing === 0 ? ofLabel : ofLabel.mul(1 - labelSmoothing).add(spread().mul(labelSmoothing));
  const kept = ignoreIndex === undefined ? undefined : notEqual(labels, ignoreIndex);
  const losses = kept ? where(kept, smoothed, 0) : smoothed;
  const counts = kept ? where(kept, labelWeights ?? 1, 0) : labelWeights;
  return reduction === 'mean' && counts
    ? losses.sum().div(cast(counts, logits.dtype).sum())
    : reduceLosses('crossEntropy', losses, reduction);
}

function requireWeights(logits: Tensor, weights: Tensor): void {
  if (weights.rank !== 1 || weights.length(0) !== logits.length(-1)) {
    throw new ShapeError(
      `crossEntropy: logits ${formatShape(logits.shape)} want classWeights [${logits.length(-1)}], got ${formatShape(weights.shape)}`,
    );
  }
  if (weights.dtype !== logits.dtype) {
    throw new DTypeError(
      `crossEntropy: classWeights must be ${logits.dtype} like the logits, got ${weights.dtype}`,
    );
  }
}
