import type { Tensor } from '@evenkeel/tensor';

/** What becomes of the losses of single samples. */
export type Reduction = 'mean' | 'sum' | 'none';

/** @throws RangeError for an unknown reduction */
export function reduceLosses(name: string, losses: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case 'mean':
      return losses.mean();
    case 'sum':
      return losses.sum();
    case 'none':
      return losses;
    default:
      throw new RangeError(`${name}: reduction must be mean, sum or none, got ${reduction}`);
  }
}
