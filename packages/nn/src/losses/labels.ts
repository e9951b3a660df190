import {
  DTypeError,
  formatShape,
  less,
  notEqual,
  ShapeError,
  sameShape,
  type Tensor,
  takeAlong,
  where,
} from '@evenkeel/tensor';

/**
 * The score of each sample's class: scores `[…, classes]` and labels (int32 or int64) `[…]` give `[…]`.
 * @throws ShapeError, DTypeError; RangeError for labels outside [0, classes) where their values are known. Where they are
 *   not, in a compiled function, such a label stops the run with a RuntimeError.
 */
export function scoreOfLabel(name: string, scores: Tensor, labels: Tensor): Tensor {
  return scoreAt(scores, checkedLabels(name, scores, labels));
}

/** As `scoreOfLabel`, of labels that have been checked. */
export const scoreAt = (scores: Tensor, checked: Tensor): Tensor =>
  takeAlong(scores, checked.reshape([...checked.shape, 1]), -1).reshape(checked.shape);

/**
 * Labels that are classes, or stop the run where they are looked up.
 * @param ignored a label that is allowed, and becomes class 0
 * @throws as `scoreOfLabel`
 */
export function checkedLabels(name: string, scores: Tensor, labels: Tensor, ignored?: number): Tensor {
  if (scores.rank < 2)
    throw new ShapeError(
      `${name}: expected logits of shape [..., classes], got ${formatShape(scores.shape)}`,
    );
  const classes = scores.length(-1);
  if (classes < 2)
    throw new ShapeError(`${name}: expected at least 2 classes, got logits ${formatShape(scores.shape)}`);
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
    throw new DTypeError(`${name}: labels must be int32 or int64 class indices, got ${labels.dtype}`);
  }
  if (!sameShape(labels.shape, scores.shape.slice(0, -1))) {
    throw new ShapeError(
      `${name}: logits ${formatShape(scores.shape)} want labels ${formatShape(scores.shape.slice(0, -1))}, got ${formatShape(labels.shape)}`,
    );
  }
  const wrong =
    labels.value &&
    Array.from(labels.value.data, Number).find(
      (label) => label !== ignored && (label < 0 || label >= classes),
    );
  if (wrong !== undefined) throw new RangeError(`${name}: label ${wrong} is outside [0, ${classes})`);
  const kept = ignored === undefined ? labels : where(notEqual(labels, ignored), labels, 0);
  // A negative index would count from the end; moved past the end it is refused like any other that is outside.
  return where(less(kept, 0), classes, kept);
}
