import { flatten, leavesLike, type Tensor, withLeaves, zerosLike } from '@evenkeel/tensor';
import type { GradientTransform } from './transform.js';

/**
 * A transform of the parameters whose paths match a pattern, such as /weight$/ for `layers.0.weight`; the updates of all
 * others are zero. The state is that of the transform, for a record of the chosen parameters by their paths. A tied
 * weight goes by its first path. A model none of whose paths match is refused with a RangeError.
 */
export function masked(transform: GradientTransform, pattern: RegExp): GradientTransform {
  const matches = (path: string) => path.search(pattern) >= 0;
  const chosen = (params: unknown, tree: unknown): Readonly<Record<string, Tensor>> => {
    const { paths } = flatten(params);
    const leaves = leavesLike(params, tree);
    const entries = paths.flatMap((path, i) => (matches(path) ? [[path, leaves[i]!] as const] : []));
    if (entries.length === 0) {
      throw new RangeError(`masked: ${pattern} matches no parameter; there are ${paths.join(', ')}`);
    }
    return Object.fromEntries(entries);
  };
  return {
    init: (params) => transform.init(chosen(params, params)),
    update(gradients, state, params) {
      const [changed, next] = transform.update(chosen(params, gradients), state, chosen(params, params));
      const { leaves, paths } = flatten(params);
      const updates = leaves.map((leaf, i) => changed[paths[i]!] ?? zerosLike(leaf));
      return [withLeaves(params, updates), next];
    },
  };
}
