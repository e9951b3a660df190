import {
  argMax,
  cast,
  DTypeError,
  equal,
  formatShape,
  ShapeError,
  sameShape,
  type Tensor,
} from '@evenkeel/tensor';

/** Share of samples whose largest logit is that of their label: logits `[…, classes]`, labels `[…]` → scalar in [0, 1]. */
export function accuracy(logits: Tensor, labels: Tensor): Tensor {
  if (labels.dtype !== 'int32' && labels.dtype !== 'int64') {
    throw new DTypeError(`accuracy: labels must be int32 or int64, got ${labels.dtype}`);
  }
  const predicted = argMax(logits, -1);
  if (!sameShape(predicted.shape, labels.shape)) {
    throw new ShapeError(
      `accuracy: logits ${formatShape(logits.shape)} want labels ${formatShape(predicted.shape)}, got ${formatShape(labels.shape)}`,
    );
  }
  return cast(equal(predicted, cast(labels, 'int32')), 'float32').mean();
}
