import type { Tensor } from '@evenkeel/tensor';
import { requireSame } from './pairs.js';
import { type Reduction, reduceLosses } from './reduction.js';

/** What becomes of the losses of single elements: their mean unless said. */
export interface RegressionOptions {
  readonly reduction?: Reduction;
}

function differences(name: string, predictions: Tensor, targets: Tensor): Tensor {
  requireSame(name, 'predictions', predictions, 'targets', targets);
  return predictions.sub(targets);
}

/** (prediction - target)². @throws ShapeError, DTypeError unless both are of one shape and float dtype */
export const meanSquaredError = (
  predictions: Tensor,
  targets: Tensor,
  { reduction = 'mean' }: RegressionOptions = {},
): Tensor =>
  reduceLosses('meanSquaredError', differences('meanSquaredError', predictions, targets).square(), reduction);

/** |prediction - target|. Its derivative where they are equal is 0. @throws as `meanSquaredError` */
export const meanAbsoluteError = (
  predictions: Tensor,
  targets: Tensor,
  { reduction = 'mean' }: RegressionOptions = {},
): Tensor =>
  reduceLosses('meanAbsoluteError', differences('meanAbsoluteError', predictions, targets).abs(), reduction);

/** d² / 2 of differences d up to `delta`, and straight lines from there on. */
function bent(name: string, option: string, difference: Tensor, delta: number): Tensor {
  if (!(delta > 0 && delta < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${option} must be positive and finite, got ${delta}`);
  }
  const inner = difference.clip(-delta, delta);
  return inner.mul(difference.sub(inner.mul(0.5)));
}

/**
 * d² / 2 for differences d = prediction - target of at most `delta` (1 unless said), else delta · (|d| - delta / 2).
 * @throws as `meanSquaredError`; RangeError for a delta that is not positive
 */
export const huber = (
  predictions: Tensor,
  targets: Tensor,
  { delta = 1, reduction = 'mean' }: RegressionOptions & { readonly delta?: number } = {},
): Tensor =>
  reduceLosses('huber', bent('huber', 'delta', differences('huber', predictions, targets), delta), reduction);

/**
 * `huber` divided by its bend `beta` (1 unless said), so that large differences count as they are.
 * @throws as `meanSquaredError`; RangeError for a beta that is not positive
 */
export const smoothL1 = (
  predictions: Tensor,
  targets: Tensor,
  { beta = 1, reduction = 'mean' }: RegressionOptions & { readonly beta?: number } = {},
): Tensor =>
  reduceLosses(
    'smoothL1',
    bent('smoothL1', 'beta', differences('smoothL1', predictions, targets), beta).div(beta),
    reduction,
  );
