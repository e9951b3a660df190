import { flatten, leavesLike, type Tensor, withLeaves, zerosLike } from '@evenkeel/tensor';
import type { GradientTransform } from './transform.js';

/**
 * Several transforms, each of the parameters that a route sends to it: for every path the number of a transform, or -1 for
 * none, which makes the update zero. A transform gets a record of its parameters by their paths. A tied weight goes by its
 * first path. The state is the list of their states.
 */
export function routed(
  transforms: readonly GradientTransform[],
  route: (paths: readonly string[]) => readonly number[],
): GradientTransform<readonly unknown[]> {
  const recordsOf = (params: unknown, tree: unknown): readonly Readonly<Record<string, Tensor>>[] => {
    const { paths } = flatten(params);
    const leaves = leavesLike(params, tree);
    const routes = route(paths);
    return transforms.map((_, group) =>
      Object.fromEntries(paths.flatMap((path, i) => (routes[i] === group ? [[path, leaves[i]!]] : []))),
    );
  };
  return {
    init: (params) => recordsOf(params, params).map((own, group) => transforms[group]!.init(own)),
    update(gradients, states, params) {
      const own = recordsOf(params, params);
      const results = recordsOf(params, gradients).map((each, group) =>
        transforms[group]!.update(each, states[group], own[group]!),
      );
      const changed: Readonly<Record<string, Tensor>> = Object.assign(
        {},
        ...results.map(([update]) => update),
      );
      const { leaves, paths } = flatten(params);
      const updates = leaves.map((leaf, i) => changed[paths[i]!] ?? zerosLike(leaf));
      return [withLeaves(params, updates), results.map(([, state]) => state)];
    },
  };
}

/** Whether a pattern is found in a path, whatever its flags. */
export const matches = (pattern: RegExp, path: string): boolean => path.search(pattern) >= 0;
