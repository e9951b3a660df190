import { mapTree, mul, zerosLike } from '@evenkeel/tensor';
import { requireIn } from './options.js';
import { chain, type GradientTransform, stateless } from './transform.js';

/** Multiplies every update by a number. */
export const scale = (factor: number): GradientTransform<readonly []> =>
  stateless((gradients) => mapTree((gradient) => mul(gradient, factor), gradients));

/** velocity ← decay · velocity + gradient, which is passed on. */
export const momentum = (decay: number): GradientTransform => {
  requireIn('momentum', 'decay', decay, 0, 1);
  return {
    init: (params) => mapTree(zerosLike, params),
    update(gradients, state, _params) {
      const velocity = mapTree((gradient, previous) => previous.mul(decay).add(gradient), gradients, state);
      return [velocity, velocity];
    },
  };
};

/** Settings of `sgd`. */
export interface SgdOptions {
  readonly learningRate: number;
  /** Decay of the velocity, in [0, 1); no momentum unless said. */
  readonly momentum?: number;
}

/** Stochastic gradient descent, with momentum when asked: params ← params - learningRate · velocity. */
export function sgd({ learningRate, momentum: decay = 0 }: SgdOptions): GradientTransform {
  requireIn('sgd', 'learningRate', learningRate, 0);
  const step = scale(-learningRate);
  return decay === 0 ? chain(step) : chain(momentum(decay), step);
}
