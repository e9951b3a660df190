import { randomSource } from '../random.js';
import { requireShares, requireWhole } from './options.js';

export interface RandomizeLabelsOptions {
  readonly seed: number;
  /** Share of the labels that are drawn anew, rounded to whole labels. */
  readonly share: number;
  /** Number of classes: each is as likely, the former one too. */
  readonly classes: number;
}

/**
 * Labels of which a random share is replaced by random classes, so that about share · (1 - 1 / classes) become wrong
 * (arXiv 2408.04556, 2308.12058). See `labelNoise` for a share that is wrong throughout.
 * @throws RangeError for a share outside [0, 1] and a number of classes that is not whole and positive
 */
export function randomizeLabels(
  labels: ArrayLike<number>,
  { seed, share, classes }: RandomizeLabelsOptions,
): Int32Array {
  requireShares('randomizeLabels', { share });
  requireWhole('randomizeLabels', { classes });
  const result = Int32Array.from(labels);
  const random = randomSource(seed).fork('randomizeLabels');
  const chosen = random.permutation(labels.length).subarray(0, Math.round(share * labels.length));
  for (const sample of chosen) result[sample] = random.integer(classes);
  return result;
}
