import { cond, equal, mapTree, type Tensor, zeros, zerosLike } from '@evenkeel/tensor';
import { requireSteps } from './options.js';
import type { GradientTransform } from './transform.js';

/** State of `accumulate`. */
export interface AccumulatedState {
  /** Gradients that have been added since the last update: an int32 scalar. */
  readonly count: Tensor;
  /** Their sum, divided by the number of steps: a tree like the parameters. */
  readonly gradients: unknown;
  /** That of the transform. */
  readonly inner: unknown;
}

/**
 * A transform that is applied at every `steps`-th step, to the mean of the gradients since the last time; in between the
 * updates are zero. For batches larger than fit at once. Schedules inside count updates, not gradients.
 */
export function accumulate(transform: GradientTransform, steps: number): GradientTransform<AccumulatedState> {
  requireSteps('accumulate', 'steps', steps);
  const fresh = (params: unknown, inner: unknown): AccumulatedState => ({
    count: zeros([], 'int32'),
    gradients: mapTree(zerosLike, params),
    inner,
  });
  return {
    init: (params) => fresh(params, transform.init(params)),
    update(gradients, { count, gradients: sums, inner }, params) {
      const mean = mapTree((gradient, sum) => sum.add(gradient.div(steps)), gradients, sums);
      const { updates, state } = cond(
        equal(count, steps - 1),
        () => {
          const [updates, next] = transform.update(mean, inner, params);
          return { updates, state: fresh(params, next) };
        },
        () => ({
          updates: mapTree(zerosLike, gradients),
          state: { count: count.add(1), gradients: mean, inner },
        }),
      );
      return [updates, state];
    },
  };
}
