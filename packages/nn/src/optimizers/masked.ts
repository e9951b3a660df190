import { matches, routed } from './routed.js';
import type { GradientTransform } from './transform.js';

/**
 * A transform of the parameters whose paths match a pattern, such as /weight$/ for `layers.0.weight`; the updates of all
 * others are zero. The state is that of the transform, for a record of the chosen parameters by their paths. A tied
 * weight goes by its first path. A model none of whose paths match is refused with a RangeError.
 */
export function masked(transform: GradientTransform, pattern: RegExp): GradientTransform {
  const { init, update } = routed([transform], (paths) => {
    if (!paths.some((path) => matches(pattern, path))) {
      throw new RangeError(`masked: ${pattern} matches no parameter; there are ${paths.join(', ')}`);
    }
    return paths.map((path) => (matches(pattern, path) ? 0 : -1));
  });
  return {
    init: (params) => init(params)[0],
    update(gradients, state, params) {
      const [updates, [next]] = update(gradients, [state], params);
      return [updates, next];
    },
  };
}
