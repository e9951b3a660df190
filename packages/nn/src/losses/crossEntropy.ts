import { logSoftmax, type Tensor } from '@evenkeel/tensor';
import { scoreOfLabel } from './labels.js';
import { type Reduction, reduceLosses } from './reduction.js';

/**
 * -log softmax(logits)[label]: logits `[…, classes]`, labels (int32 or int64) `[…]`. Finite for logits of any finite size.
 * @param options `reduction`: the mean over samples unless said
 * @throws ShapeError, DTypeError, RangeError as `scoreOfLabel`
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { reduction = 'mean' }: { reduction?: Reduction } = {},
): Tensor {
  const logProbability = scoreOfLabel('crossEntropy', logSoftmax(logits), labels);
  return reduceLosses('crossEntropy', logProbability.neg(), reduction);
}
