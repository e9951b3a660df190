import { bernoulli, formatShape, maximum, ShapeError, sub, type Tensor, where } from '@evenkeel/tensor';
import { known } from './checks.js';

/** Rates that rounding takes to 1 keep so much, so that nothing is divided by zero. */
const least = 2 ** -24;

/**
 * Dropout with a rate for each sample, as the constrained values of perturbed hyperparameters are: zeros in the place of a
 * random share of a sample's elements, the others divided by 1 - rate. In evaluation there is nothing to call.
 * @param x `[samples, …]`
 * @param rates `[samples]`, or a scalar for all of them, from 0 up to but not including 1; no gradient reaches them but
 *   through the division, since which elements are dropped has none
 * @throws ShapeError for another number of rates; RangeError for rates outside [0, 1), where they are known
 */
export function sampleDropout(key: Tensor, x: Tensor, rates: Tensor): Tensor {
  if (x.rank === 0 || rates.rank > 1 || (rates.rank === 1 && rates.length(0) !== x.length(0))) {
    throw new ShapeError(
      `sampleDropout: got rates ${formatShape(rates.shape)} for ${formatShape(x.shape)}, expected one for each sample or a scalar`,
    );
  }
  const outside = known(rates).find((rate) => !(rate >= 0 && rate < 1));
  if (outside !== undefined) {
    throw new RangeError(`sampleDropout: rates: got ${outside}, expected numbers from 0 to below 1`);
  }
  const kept = maximum(sub(1, rates), least).reshape([rates.size, ...x.shape.slice(1).map(() => 1)]);
  return where(bernoulli(key, kept, x.shape), x.div(kept), 0);
}
