import { oneHot, type Tensor } from '@evenkeel/tensor';
import { checkedLabels, scoreAt } from './labels.js';
import { requireSame } from './pairs.js';
import { type Reduction, reduceLosses } from './reduction.js';

/** How hinge losses count. */
export interface HingeOptions {
  /** The mean over samples unless said. */
  readonly reduction?: Reduction;
  /** How far ahead a score must be to cost nothing; positive, 1 unless said. */
  readonly margin?: number;
}

function requireMargin(name: string, margin: number): void {
  if (!(margin > 0 && margin < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: margin must be positive and finite, got ${margin}`);
  }
}

/**
 * max(0, margin - sign · score) of scores and signs, -1 or 1, of the same shape and dtype.
 * @throws ShapeError, DTypeError; RangeError for the margin, and for other signs where their values are known
 */
export function hinge(
  scores: Tensor,
  signs: Tensor,
  { reduction = 'mean', margin = 1 }: HingeOptions = {},
): Tensor {
  requireSame('hinge', 'scores', scores, 'signs', signs);
  requireMargin('hinge', margin);
  const wrong = signs.value && Array.from(signs.value.data, Number).find((sign) => Math.abs(sign) !== 1);
  if (wrong !== undefined) throw new RangeError(`hinge: signs must be -1 or 1, got ${wrong}`);
  return reduceLosses('hinge', signs.mul(scores).neg().add(margin).relu(), reduction);
}

/**
 * Σ max(0, margin - own + other) / classes over the other classes, of the scores `[…, classes]` of samples with labels
 * (int32 or int64) `[…]`, where `own` is the score of the label.
 * @throws as `scoreOfLabel`; RangeError for the margin
 */
export function multiClassHinge(
  scores: Tensor,
  labels: Tensor,
  { reduction = 'mean', margin = 1 }: HingeOptions = {},
): Tensor {
  const checked = checkedLabels('multiClassHinge', scores, labels);
  requireMargin('multiClassHinge', margin);
  const own = scoreAt(scores, checked).reshape([...labels.shape, 1]);
  const others = oneHot(checked, scores.length(-1), scores.dtype).neg().add(1);
  const losses = scores.sub(own).add(margin).relu().mul(others).mean({ axis: -1 });
  return reduceLosses('multiClassHinge', losses, reduction);
}
