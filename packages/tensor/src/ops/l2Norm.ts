import type { Tensor } from '../graph/tensor.js';
import { type ReduceOptions, requireFloat, sum } from './broadcast.js';
import { equal, mul, sqrt, where } from './elementwise.js';

/** √Σx² over `axis` (all axes unless said). Its derivative at zero is 0, as in PyTorch, and not NaN. */
export function l2Norm(input: Tensor, options: ReduceOptions = {}): Tensor {
  requireFloat('l2Norm', input);
  const squared = sum(mul(input, input), options);
  const isZero = equal(squared, 0);
  return where(isZero, 0, sqrt(where(isZero, 1, squared)));
}
