import { softplus, type Tensor } from '@evenkeel/tensor';
import { requireSame } from './pairs.js';
import { type Reduction, reduceLosses } from './reduction.js';

/** How `binaryCrossEntropy` counts. */
export interface BinaryCrossEntropyOptions {
  /** The mean over all elements unless said. */
  readonly reduction?: Reduction;
  /** How often a positive counts, at least 0; 1 unless said. */
  readonly positiveWeight?: number;
}

/**
 * -t log σ(x) - (1 - t) log(1 - σ(x)) of logits x and targets t in [0, 1] of the same shape and dtype. Accurate and finite
 * for logits of any finite size.
 * @throws ShapeError, DTypeError; RangeError for options, and for targets outside [0, 1] where their values are known
 */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { reduction = 'mean', positiveWeight = 1 }: BinaryCrossEntropyOptions = {},
): Tensor {
  requireSame('binaryCrossEntropy', 'logits', logits, 'targets', targets);
  if (!(positiveWeight >= 0 && positiveWeight < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `binaryCrossEntropy: positiveWeight must be in [0, Infinity), got ${positiveWeight}`,
    );
  }
  const wrong =
    targets.value && Array.from(targets.value.data, Number).find((each) => !(each >= 0 && each <= 1));
  if (wrong !== undefined) throw new RangeError(`binaryCrossEntropy: target ${wrong} is outside [0, 1]`);
  const positive = softplus(logits.neg()).mul(targets).mul(positiveWeight);
  const negative = softplus(logits).mul(targets.neg().add(1));
  return reduceLosses('binaryCrossEntropy', positive.add(negative), reduction);
}
