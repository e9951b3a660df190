import { cast, mapTree, sqrt, type Tensor, zeros, zerosLike } from '@evenkeel/tensor';
import { floatOf, requireIn } from './options.js';
import { descend, type LearningRate } from './sgd.js';
import { chain, type GradientTransform, stateless } from './transform.js';

/** Settings of `adam`, `adamW` and `scaleByAdam`. */
export interface AdamOptions {
  readonly learningRate: LearningRate;
  /** Decay of the mean of gradients, in [0, 1); 0.9 unless said. */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1); 0.999 unless said. */
  readonly beta2?: number;
  /** Added to the root of the second moment; 1e-8 unless said. */
  readonly epsilon?: number;
}

/** Sums in which every step counts a little less than the next: trees like the parameters, and scalars. */
export interface AdamState {
  readonly gradients: unknown;
  readonly squares: unknown;
  /** The same sums of ones: what the others are divided by to be averages. */
  readonly gradientWeight: Tensor;
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
  return {
    init(params) {
      const dtype = floatOf(params);
      return {
        gradients: mapTree(zerosLike, params),
        squares: mapTree(zerosLike, params),
        gradientWeight: zeros([], dtype),
        squareWeight: zeros([], dtype),
      };
    },
    update(current, state, _params) {
      const gradients = mapTree((gradient, sum) => sum.mul(beta1).add(gradient), current, state.gradients);
      const squares = mapTree(
        (gradient, sum) => sum.mul(beta2).add(gradient.square()),
        current,
        state.squares,
      );
      const gradientWeight = state.gradientWeight.mul(beta1).add(1);
      const squareWeight = state.squareWeight.mul(beta2).add(1);
      // (gradients / gradientWeight) / (√(squares / squareWeight) + ε), in as few passes over the parameters as it takes.
      const updates = mapTree(
        (sum, square) => {
          const weight = cast(gradientWeight, sum.dtype);
          const root = sqrt(square).mul(weight.div(sqrt(cast(squareWeight, sum.dtype))));
          return sum.div(root.add(weight.mul(epsilon)));
        },
        gradients,
        squares,
      );
      return [updates, { gradients, squares, gradientWeight, squareWeight }];
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
  return chain(scaleByAdam(moments), descend('adam', learningRate));
}

/** Adam with decoupled weight decay (arXiv 1711.05101); `weightDecay` is 0.01 unless said. */
export function adamW({
  learningRate,
  weightDecay = 0.01,
  ...moments
}: AdamOptions & { readonly weightDecay?: number }): GradientTransform {
  requireIn('adamW', 'weightDecay', weightDecay, 0);
  return chain(
    scaleByAdam(moments),
    ...(weightDecay > 0 ? [decayWeights(weightDecay)] : []),
    descend('adamW', learningRate),
  );
}
