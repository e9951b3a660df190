import {
  cast,
  leavesOf,
  mapTree,
  mul,
  onesLike,
  sqrt,
  sub,
  type Tensor,
  zeros,
  zerosLike,
} from '@evenkeel/tensor';
import { requireIn } from './options.js';
import { scale } from './sgd.js';
import { chain, type GradientTransform, stateless } from './transform.js';

export interface AdamOptions {
  readonly learningRate: number;
  /** Decay of the mean of gradients, in [0, 1); 0.9 unless said. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); 0.999 unless said. */
  readonly beta2?: number;
  /** Added to the root of the second moment; 1e-8 unless said. */
  readonly epsilon?: number;
}

interface AdamState {
  /** Trees like the parameters. */
  readonly mean: unknown;
  readonly square: unknown;
  /** Share of all steps that each average has seen, 1 - βᵗ: scalars. */
  readonly meanWeight: Tensor;
  readonly squareWeight: Tensor;
}

/** Gradients divided by the root of their second moment, both moments corrected for starting at zero (arXiv 1412.6980). */
export function scaleByAdam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
}: Omit<AdamOptions, 'learningRate'> = {}): GradientTransform<AdamState> {
  requireIn('adam', 'beta1', beta1, 0, 1);
  requireIn('adam', 'beta2', beta2, 0, 1);
  requireIn('adam', 'epsilon', epsilon, 0);
  const towards = (rate: number) => (value: Tensor, average: Tensor) =>
    average.add(mul(sub(value, average), 1 - rate));
  return {
    init(params) {
      const dtype = leavesOf(params).some((leaf) => leaf.dtype === 'float64') ? 'float64' : 'float32';
      return {
        mean: mapTree(zerosLike, params),
        square: mapTree(zerosLike, params),
        meanWeight: zeros([], dtype),
        squareWeight: zeros([], dtype),
      };
    },
    update(gradients, state, _params) {
      const mean = mapTree(towards(beta1), gradients, state.mean);
      const square = mapTree(
        (gradient, average) => towards(beta2)(gradient.square(), average),
        gradients,
        state.square,
      );
      // Averages of ones: as 1 - βᵗ they would lose most of their digits in float32.
      const meanWeight = towards(beta1)(onesLike(state.meanWeight), state.meanWeight);
      const squareWeight = towards(beta2)(onesLike(state.squareWeight), state.squareWeight);
      const updates = mapTree(
        (average, second) => {
          const root = sqrt(second).div(sqrt(cast(squareWeight, second.dtype)));
          return average.div(cast(meanWeight, average.dtype)).div(root.add(epsilon));
        },
        mean,
        square,
      );
      return [updates, { mean, square, meanWeight, squareWeight }];
    },
  };
}

/** Adds `rate` times each parameter to its update, so that it shrinks by learningRate · rate a step. */
export const decayWeights = (rate: number): GradientTransform<readonly []> =>
  stateless((gradients, params) =>
    mapTree((update, param) => update.add(param.mul(rate)), gradients, params),
  );

/** Adam (arXiv 1412.6980). */
export function adam({ learningRate, ...moments }: AdamOptions): GradientTransform {
  requireIn('adam', 'learningRate', learningRate, 0);
  return chain(scaleByAdam(moments), scale(-learningRate));
}

/** Adam with decoupled weight decay (arXiv 1711.05101); `weightDecay` is 0.01 unless said. */
export function adamW({
  learningRate,
  weightDecay = 0.01,
  ...moments
}: AdamOptions & { readonly weightDecay?: number }): GradientTransform {
  requireIn('adamW', 'learningRate', learningRate, 0);
  requireIn('adamW', 'weightDecay', weightDecay, 0);
  return chain(
    scaleByAdam(moments),
    ...(weightDecay > 0 ? [decayWeights(weightDecay)] : []),
    scale(-learningRate),
  );
}
