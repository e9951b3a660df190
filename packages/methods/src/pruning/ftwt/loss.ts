import { binaryCrossEntropy } from '@evenkeel/nn';
import { cast, equal, formatShape, ShapeError, sameShape, stopGradient, type Tensor } from '@evenkeel/tensor';
import { predictedMask } from './head.js';

/** @throws ShapeError unless there is a layer or more, and logits and targets are matrices of equal shapes */
function requireLayers(name: string, logits: readonly Tensor[], targets: readonly Tensor[]): void {
  if (logits.length === 0) throw new ShapeError(`${name}: got no layers`);
  if (logits.length !== targets.length)
    throw new ShapeError(`${name}: got logits of ${logits.length} layers and targets of ${targets.length}`);
  logits.forEach((each, layer) => {
    if (each.rank !== 2 || !sameShape(each.shape, targets[layer]!.shape)) {
      const shapes = `logits ${formatShape(each.shape)}, targets ${formatShape(targets[layer]!.shape)}`;
      throw new ShapeError(`${name}: layer ${layer}: expected [n, filters] of both, got ${shapes}`);
    }
  });
}

/**
 * L_pred = w · mean over layers Σ over filters mean over the batch BCE(P, g): binary cross-entropy of logits with their
 * targets, reduced as the official code does it, to which its learning rates belong. Targets get no gradient.
 * @param logits of each layer, `[n, filters]`
 * @param targets of each layer, zeros and ones in the shape and dtype of its logits
 * @param weight finite and at least 0; 1 unless said. The paper takes 0 in the second half of training.
 * @throws ShapeError when layers are missing or differ in shape; RangeError for a weight out of range
 */
export function maskLoss(logits: readonly Tensor[], targets: readonly Tensor[], weight = 1): Tensor {
  requireLayers('maskLoss', logits, targets);
  if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
    throw new RangeError(`maskLoss: weight must be in [0, Infinity), got ${weight}`);
  const layers = logits.map((each, layer) =>
    binaryCrossEntropy(each, stopGradient(targets[layer]!), { reduction: 'sum' }).div(each.length(0)),
  );
  return layers.reduce((sum, each) => sum.add(each)).mul(weight / layers.length);
}

/** Share of filters that the masks predict right, mean over layers: a scalar in [0, 1]. @throws ShapeError as `maskLoss` */
export function maskAccuracy(logits: readonly Tensor[], targets: readonly Tensor[]): Tensor {
  requireLayers('maskAccuracy', logits, targets);
  const layers = logits.map((each, layer) =>
    cast(equal(predictedMask(each), targets[layer]!), each.dtype).mean(),
  );
  return layers.reduce((sum, each) => sum.add(each)).div(layers.length);
}
