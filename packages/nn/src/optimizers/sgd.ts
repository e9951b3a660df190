import { cast, formatShape, mapTree, mul, ShapeError, type Tensor, zeros, zerosLike } from '@evenkeel/tensor';
import { floatOf, requireIn } from './options.js';
import type { Schedule } from './schedules.js';
import { chain, type GradientTransform, stateless } from './transform.js';

/** Multiplies every update by a number. */
export const scale = (factor: number): GradientTransform<readonly []> =>
  stateless((gradients) => mapTree((gradient) => mul(gradient, factor), gradients));

/** A learning rate: one for all steps, or one that changes with them. */
export type LearningRate = number | Schedule;

/** Multiplies every update by what a schedule gives for the step. The state is the number of steps taken, an int32 scalar. */
export const scaleBySchedule = (schedule: Schedule): GradientTransform<Tensor> => ({
  init: () => zeros([], 'int32'),
  update(gradients, step, _params) {
    const factor = schedule(cast(step, floatOf(gradients)));
    if (factor.rank !== 0) {
      throw new ShapeError(
        `scaleBySchedule: expected a scalar of the schedule, got ${formatShape(factor.shape)}`,
      );
    }
    return [mapTree((gradient) => mul(gradient, cast(factor, gradient.dtype)), gradients), step.add(1)];
  },
});

/** Steps against the gradients: multiplies them by minus the learning rate. @throws RangeError for a negative number */
export function descend(name: string, learningRate: LearningRate): GradientTransform {
  if (typeof learningRate === 'function') return scaleBySchedule((step) => learningRate(step).neg());
  requireIn(name, 'learningRate', learningRate, 0);
  return scale(-learningRate);
}

/** How `momentum` looks ahead. */
export interface MomentumOptions {
  /** Whether gradient + decay · velocity is passed on, where the next velocity would lead; false unless said. */
  readonly nesterov?: boolean;
}

/** velocity ← decay · velocity + gradient, which is passed on. */
export const momentum = (decay: number, { nesterov = false }: MomentumOptions = {}): GradientTransform => {
  requireIn('momentum', 'decay', decay, 0, 1);
  return {
    init: (params) => mapTree(zerosLike, params),
    update(gradients, state, _params) {
      const next = (gradient: Tensor, velocity: Tensor) => velocity.mul(decay).add(gradient);
      const velocity = mapTree(next, gradients, state);
      return [nesterov ? mapTree(next, gradients, velocity) : velocity, velocity];
    },
  };
};

/** Settings of `sgd`. */
export interface SgdOptions extends MomentumOptions {
  readonly learningRate: LearningRate;
  /** Decay of the velocity, in [0, 1); no momentum unless said. */
  readonly momentum?: number;
}

/** Stochastic gradient descent, with momentum when asked: params ← params - learningRate · velocity. */
export function sgd({ learningRate, momentum: decay = 0, nesterov = false }: SgdOptions): GradientTransform {
  const step = descend('sgd', learningRate);
  if (nesterov && decay === 0) throw new RangeError('sgd: nesterov wants momentum above 0, got 0');
  return decay === 0 ? chain(step) : chain(momentum(decay, { nesterov }), step);
}
