import { cos, floor, less, maximum, minimum, onesLike, pow, type Tensor, where } from '@evenkeel/tensor';
import { requireIn, requireSteps } from './options.js';

/**
 * A rate as a function of the steps taken before, a float scalar that is 0 at the first step. It is traced, so that one
 * compiled program serves all steps.
 */
export type Schedule = (step: Tensor) => Tensor;

/** The same rate at every step. */
export function constantSchedule(rate: number): Schedule {
  requireIn('constantSchedule', 'rate', rate, 0);
  return (step) => onesLike(step).mul(rate);
}

/** Half a cosine from `rate` at the first step down to `final`, 0 unless said, after `steps`, and `final` from there on. */
export function cosineSchedule(
  rate: number,
  steps: number,
  { final = 0 }: { readonly final?: number } = {},
): Schedule {
  requireIn('cosineSchedule', 'rate', rate, 0);
  requireSteps('cosineSchedule', 'steps', steps);
  requireIn('cosineSchedule', 'final', final, 0);
  return (step) =>
    cos(minimum(step.div(steps), 1).mul(Math.PI))
      .add(1)
      .mul((rate - final) / 2)
      .add(final);
}

/** `rate` times `factor` for every `every` steps taken. */
export function stepSchedule(
  rate: number,
  { every, factor = 0.1 }: { readonly every: number; readonly factor?: number },
): Schedule {
  requireIn('stepSchedule', 'rate', rate, 0);
  requireSteps('stepSchedule', 'every', every);
  requireIn('stepSchedule', 'factor', factor, Number.MIN_VALUE);
  return (step) => pow(factor, floor(step.div(every))).mul(rate);
}

/**
 * A linear rise to the first rate of `schedule` over `steps` steps, then `schedule` from its beginning.
 * @param options `from`: the share of that rate at the first step, in [0, 1]; 0 unless said
 */
export function warmUp(
  schedule: Schedule,
  steps: number,
  { from = 0 }: { readonly from?: number } = {},
): Schedule {
  requireSteps('warmUp', 'steps', steps);
  if (!(from >= 0 && from <= 1)) throw new RangeError(`warmUp: from must be in [0, 1], got ${from}`);
  return (step) => {
    const share = minimum(step.div(steps), 1)
      .mul(1 - from)
      .add(from);
    return schedule(maximum(step.sub(steps), 0)).mul(share);
  };
}

/** Lengths of the parts of `warmUpStableDecay`, in steps. */
export interface WarmUpStableDecayOptions {
  readonly warmUp: number;
  readonly stable: number;
  readonly decay: number;
  /** The rate after the decay; 0 unless said. */
  readonly final?: number;
}

/** A linear rise from 0 to `rate`, `rate` for a while, and a linear fall to `final` (arXiv 2404.06395). */
export function warmUpStableDecay(
  rate: number,
  { warmUp: rise, stable, decay, final = 0 }: WarmUpStableDecayOptions,
): Schedule {
  requireIn('warmUpStableDecay', 'rate', rate, 0);
  requireSteps('warmUpStableDecay', 'warmUp', rise);
  requireSteps('warmUpStableDecay', 'stable', stable);
  requireSteps('warmUpStableDecay', 'decay', decay);
  requireIn('warmUpStableDecay', 'final', final, 0);
  return (step) => {
    const fallen = step
      .sub(rise + stable)
      .div(decay)
      .clip(0, 1);
    return where(less(step, rise), step.mul(rate / rise), fallen.mul(final - rate).add(rate));
  };
}
