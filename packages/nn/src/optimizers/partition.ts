import { mapTree, zerosLike } from '@evenkeel/tensor';
import { matches, routed } from './routed.js';
import { type GradientTransform, stateless } from './transform.js';

/**
 * Different transforms for different parameters: each goes by the first pattern that matches its path, such as
 * `layers.0.weight`. Weight decay that spares biases and normalizations:
 *
 *     partition(
 *       [/(bias|scale|shift)$/, adam({ learningRate })],
 *       [/./, adamW({ learningRate })],
 *     )
 *
 * The state is the list of the transforms' states, each for a record of its parameters by their paths. A tied weight goes
 * by its first path. A model is refused with a RangeError when a parameter has no pattern, or a pattern no parameter.
 */
export function partition(
  ...groups: readonly (readonly [pattern: RegExp, transform: GradientTransform])[]
): GradientTransform<readonly unknown[]> {
  return routed(
    groups.map(([, transform]) => transform),
    (paths) => {
      const routes = paths.map((path) => groups.findIndex(([pattern]) => matches(pattern, path)));
      const left = paths.filter((_, i) => routes[i] === -1);
      if (left.length > 0) throw new RangeError(`partition: no pattern matches ${left.join(', ')}`);
      const idle = groups.findIndex((_, group) => !routes.includes(group));
      if (idle >= 0) {
        throw new RangeError(
          `partition: ${groups[idle]![0]} is the first match of no parameter; there are ${paths.join(', ')}`,
        );
      }
      return routes;
    },
  );
}

/** Updates of zero: for parameters that stay as they are. Their gradients are not computed. */
export const frozen: GradientTransform<readonly []> = stateless((gradients) => mapTree(zerosLike, gradients));

/**
 * A transform of all parameters but those whose paths match a pattern, such as /^encoder\./: these stay as they are, and
 * their gradients are not computed. A model is refused with a RangeError when none or all of its paths match.
 */
export function freeze(transform: GradientTransform, pattern: RegExp): GradientTransform<readonly unknown[]> {
  return routed([transform], (paths) => {
    const routes = paths.map((path) => (matches(pattern, path) ? -1 : 0));
    if (!routes.includes(-1) || !routes.includes(0)) {
      const count = routes.includes(0) ? 'no parameter' : 'all parameters';
      throw new RangeError(`freeze: ${pattern} matches ${count}; there are ${paths.join(', ')}`);
    }
    return routes;
  });
}
