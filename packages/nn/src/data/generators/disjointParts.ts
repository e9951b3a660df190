import { type Columns, type HostBatch, select } from '../dataset.js';
import { randomSource } from '../random.js';
import { requireWhole } from './options.js';

/**
 * Parts of a data set by the number of their samples, drawn at random without any sample in two of them: what a seed of
 * an experiment sees, such as `disjointParts(digits, { train: 6000, test: 2000 }, seed)`.
 * @throws RangeError for numbers that are not whole and not negative, or that need more samples than there are
 */
export function disjointParts<Batch extends HostBatch, Part extends string>(
  dataset: Columns<Batch>,
  counts: Readonly<Record<Part, number>>,
  seed: number,
): Record<Part, Columns<Batch>> {
  requireWhole('disjointParts', counts, 0);
  const sizes = Object.entries<number>(counts);
  const needed = sizes.reduce((sum, [, count]) => sum + count, 0);
  if (needed > dataset.length) {
    throw new RangeError(`disjointParts: ${needed} samples are asked for, ${dataset.length} are there`);
  }
  const order = randomSource(seed).fork('disjointParts').permutation(dataset.length);
  let from = 0;
  return Object.fromEntries(
    sizes.map(([part, count]) => {
      from += count;
      return [part, select(dataset, order.subarray(from - count, from))];
    }),
  ) as Record<Part, Columns<Batch>>;
}
