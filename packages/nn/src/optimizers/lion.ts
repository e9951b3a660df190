import { mapTree, sign, type Tensor, zerosLike } from '@evenkeel/tensor';
import { decayWeights } from './adam.js';
import { requireIn } from './options.js';
import { descend, type LearningRate } from './sgd.js';
import { chain, type GradientTransform } from './transform.js';

/** Settings of `lion` and `scaleByLion`. */
export interface LionOptions {
  /** A third to a tenth of what suits AdamW. */
  readonly learningRate: LearningRate;
  /** Share of the mean gradient in the direction of a step, in [0, 1); 0.9 unless said. */
  readonly beta1?: number;
  /** Decay of the mean of gradients, in [0, 1); 0.99 unless said. */
  readonly beta2?: number;
}

const mix = (mean: Tensor, gradient: Tensor, share: number): Tensor =>
  mean.mul(share).add(gradient.mul(1 - share));

/** The signs of gradients mixed with their mean: every element moves by the learning rate (arXiv 2302.06675). */
export function scaleByLion({
  beta1 = 0.9,
  beta2 = 0.99,
}: Omit<LionOptions, 'learningRate'> = {}): GradientTransform {
  requireIn('lion', 'beta1', beta1, 0, 1);
  requireIn('lion', 'beta2', beta2, 0, 1);
  return {
    init: (params) => mapTree(zerosLike, params),
    update: (gradients, means, _params) => [
      mapTree((gradient, mean) => sign(mix(mean, gradient, beta1)), gradients, means),
      mapTree((gradient, mean) => mix(mean, gradient, beta2), gradients, means),
    ],
  };
}

/** Lion with decoupled weight decay (arXiv 2302.06675); `weightDecay` is 0 unless said. */
export function lion({
  learningRate,
  weightDecay = 0,
  ...means
}: LionOptions & { readonly weightDecay?: number }): GradientTransform {
  requireIn('lion', 'weightDecay', weightDecay, 0);
  return chain(
    scaleByLion(means),
    ...(weightDecay > 0 ? [decayWeights(weightDecay)] : []),
    descend('lion', learningRate),
  );
}
