import { bernoulli, type Tensor, where } from '@evenkeel/tensor';

/**
 * Zeros in the place of a random share of the elements, in training; the others are divided by 1 - rate, so that the
 * mean stays. In evaluation there is nothing to call.
 * @param rate share that is dropped, from 0 up to but not including 1
 * @throws RangeError for another rate
 */
export function dropout(key: Tensor, x: Tensor, rate: number): Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`dropout: rate: got ${rate}, expected a number from 0 to below 1`);
  }
  return where(bernoulli(key, 1 - rate, x.shape), x.div(1 - rate), 0);
}
