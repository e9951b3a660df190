import { flatten, leavesOf, type Tensor, withLeaves } from '@evenkeel/tensor';

/** Numbers in all tensors of a model; a tensor that stands at several places counts once. */
export const countParameters = (model: unknown): number =>
  leavesOf(model).reduce((sum, { size }) => sum + size, 0);

/**
 * The tensors whose paths match a pattern, by their paths, such as `/bias$/` for `layers.0.bias`. A tied tensor goes by
 * its first path.
 * @throws RangeError when nothing matches; the message names the paths that are most like the pattern
 */
export function selectParameters(model: unknown, pattern: RegExp): Record<string, Tensor> {
  const { leaves, paths } = flatten(model);
  const chosen = matching('selectParameters', paths, pattern);
  return Object.fromEntries(paths.flatMap((path, i) => (chosen.has(path) ? [[path, leaves[i]!]] : [])));
}

/**
 * The same model with `fn(tensor, path)` in the place of each tensor whose path matches. A tied tensor goes by its first
 * path, and stays tied.
 * @throws RangeError as `selectParameters`
 * @example all biases at zero: `mapParameters(model, /bias$/, zerosLike)`
 */
export function mapParameters<Model>(
  model: Model,
  pattern: RegExp,
  fn: (tensor: Tensor, path: string) => Tensor,
): Model {
  const { leaves, paths } = flatten(model);
  const chosen = matching('mapParameters', paths, pattern);
  return withLeaves(
    model,
    leaves.map((leaf, i) => (chosen.has(paths[i]!) ? fn(leaf, paths[i]!) : leaf)),
  );
}

/** @throws RangeError when nothing matches */
function matching(name: string, paths: readonly string[], pattern: RegExp): Set<string> {
  const chosen = new Set(paths.filter((path) => path.search(pattern) >= 0));
  if (chosen.size > 0) return chosen;
  const near = nearest(pattern.source, paths);
  const which = near.length < paths.length ? `the nearest of ${paths.length} are` : 'there are';
  throw new RangeError(
    `${name}: ${pattern} matches no parameter; ${paths.length === 0 ? 'the model has none' : `${which} ${near.join(', ')}`}`,
  );
}

const shown = 5;

/** The paths that share most pairs of neighbouring letters with a pattern; all where there are few. */
function nearest(pattern: string, paths: readonly string[]): readonly string[] {
  if (paths.length <= shown) return paths;
  const wanted = pairsOf(pattern.replaceAll(/\\.|[^\p{L}\p{N}]/gu, ' ').toLowerCase());
  const likeness = (path: string) => {
    const own = pairsOf(path.replaceAll('.', ' ').toLowerCase());
    const shared = [...own].filter((pair) => wanted.has(pair)).length;
    return shared / (own.size + wanted.size || 1);
  };
  return [...paths].sort((a, b) => likeness(b) - likeness(a)).slice(0, shown);
}

const pairsOf = (text: string): Set<string> =>
  new Set(
    Array.from(text, (letter, i) => letter + (text[i + 1] ?? '')).filter((pair) => /^\S\S$/.test(pair)),
  );
