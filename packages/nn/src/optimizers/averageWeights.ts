import { mapTree, stopGradient } from '@evenkeel/tensor';
import { requireIn } from './options.js';
import { applyUpdates, type GradientTransform } from './transform.js';

/** State of `averageWeights`. */
export interface AverageState {
  /** That of the transform. */
  readonly inner: unknown;
  /** The averaged parameters: a tree like them. */
  readonly average: unknown;
}

/**
 * A transform, with an exponential moving average of the parameters after each of its steps in its state:
 * average ← decay · average + (1 - decay) · params, beginning with the parameters before the first step. It must be the
 * last transform, since what it returns is taken for the step.
 * @param decay in [0, 1), often 0.999
 */
export function averageWeights(transform: GradientTransform, decay: number): GradientTransform<AverageState> {
  requireIn('averageWeights', 'decay', decay, 0, 1);
  return {
    // Tensors of its own, since a training step takes parameters and state over.
    init: (params) => ({ inner: transform.init(params), average: mapTree(stopGradient, params) }),
    update(gradients, state, params) {
      const [updates, inner] = transform.update(gradients, state.inner, params);
      const average = mapTree(
        (param, previous) => param.add(previous.sub(param).mul(decay)),
        applyUpdates(params, updates),
        state.average,
      );
      return [updates, { inner, average }];
    },
  };
}
