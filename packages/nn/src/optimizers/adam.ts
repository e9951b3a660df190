import { cast, exp, mapTree, mul, sqrt, sub, type Tensor, zeros, zerosLike } from '@evenkeel/tensor';
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
  /** Steps taken, int32 scalar. */
  readonly step: Tensor;
  /** Trees like the parameters. */
  readonly mean: unknown;
  readonly square: unknown;
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
    init: (params) => ({
      step: zeros([], 'int32'),
      mean: mapTree(zerosLike, params),
      square: mapTree(zerosLike, params),
    }),
    update(gradients, state, _params) {
      const step = state.step.add(1);
      const mean = mapTree(towards(beta1), gradients, state.mean);
      const square = mapTree(
        (gradient, average) => towards(beta2)(gradient.square(), average),
        gradients,
        state.square,
      );
      const updates = mapTree(
        (average, second) => {
          const bias = (beta: number) => sub(1, exp(cast(step, average.dtype).mul(Math.log(beta))));
          const root = sqrt(second).div(sqrt(bias(beta2)));
          return average.div(bias(beta1)).div(root.add(epsilon));
        },
        mean,
        square,
      );
      return [updates, { step, mean, square }];
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
