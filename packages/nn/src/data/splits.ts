import { type Columns, type Dataset, type HostBatch, select } from './dataset.js';
import { samplesByClass } from './labels.js';
import { randomSource } from './random.js';

/** What a part of a data set is: columns of columns, else a data set with the same batches. */
export type View<Data> =
  Data extends Columns<infer Batch>
    ? Columns<Batch>
    : Data extends Dataset<infer Batch>
      ? Dataset<Batch>
      : never;

/** Two parts that have no sample in common and together are the whole. */
export interface Split<Part> {
  readonly train: Part;
  readonly test: Part;
}

/**
 * Holds a random share of the samples out for testing.
 * @param share of the test samples, in (0, 1); their number is rounded
 * @throws RangeError when a part would be empty
 */
export function trainTestSplit<Data extends Dataset>(
  dataset: Data,
  share: number,
  seed: number,
): Split<View<Data>> {
  const held = heldOut('trainTestSplit', dataset.length, share);
  const order = randomSource(seed).permutation(dataset.length);
  return split(dataset, order.subarray(held), order.subarray(0, held));
}

/**
 * As `trainTestSplit`, with the classes in both parts as in the whole: each class has the rounded share of its samples in
 * the test part, up or down so that the sum is as there.
 * @param labels the class of each sample, a non-negative integer
 */
export function stratifiedSplit<Data extends Dataset>(
  dataset: Data,
  labels: ArrayLike<number>,
  share: number,
  seed: number,
): Split<View<Data>> {
  if (labels.length !== dataset.length) {
    throw new RangeError(`stratifiedSplit: ${labels.length} labels for ${dataset.length} samples`);
  }
  const held = heldOut('stratifiedSplit', dataset.length, share);
  const random = randomSource(seed);
  const classes = [...samplesByClass('stratifiedSplit', labels).values()].map((samples) =>
    random.shuffle(samples),
  );
  const counts = classes.map((samples) => Math.floor(samples.length * share));
  const remainder = (i: number) => classes[i]!.length * share - counts[i]!;
  const byRemainder = random.shuffle([...counts.keys()]).sort((a, b) => remainder(b) - remainder(a));
  const missing = held - counts.reduce((sum, count) => sum + count, 0);
  for (const i of byRemainder.slice(0, missing)) counts[i]!++;
  const train = random.shuffle(classes.flatMap((samples, i) => samples.slice(counts[i]!)));
  const test = random.shuffle(classes.flatMap((samples, i) => samples.slice(0, counts[i]!)));
  return split(dataset, train, test);
}

/**
 * For cross-validation: each fold tests on another part, and every sample is tested once. The parts' lengths differ by at
 * most one.
 * @param folds from 2 to the number of samples
 */
export function kFold<Data extends Dataset>(dataset: Data, folds: number, seed: number): Split<View<Data>>[] {
  const { length } = dataset;
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= length)) {
    throw new RangeError(`kFold: folds must be an integer from 2 to ${length}, the samples, got ${folds}`);
  }
  const order = randomSource(seed).permutation(length);
  return Array.from({ length: folds }, (_, fold) => {
    const [from, to] = [Math.floor((fold * length) / folds), Math.floor(((fold + 1) * length) / folds)];
    return split(dataset, [...order.subarray(0, from), ...order.subarray(to)], order.subarray(from, to));
  });
}

/** So many random samples, each at most once. @throws RangeError when there are not as many */
export function subset<Data extends Dataset>(dataset: Data, count: number, seed: number): View<Data> {
  if (!(Number.isInteger(count) && count >= 0 && count <= dataset.length)) {
    throw new RangeError(`subset: count must be an integer from 0 to ${dataset.length}, got ${count}`);
  }
  return view(dataset, randomSource(seed).permutation(dataset.length).subarray(0, count));
}

function heldOut(name: string, length: number, share: number): number {
  if (!(share > 0 && share < 1)) throw new RangeError(`${name}: share must be in (0, 1), got ${share}`);
  const held = Math.round(length * share);
  if (held === 0 || held === length) {
    throw new RangeError(`${name}: a share of ${share} of ${length} samples leaves a part empty`);
  }
  return held;
}

const split = <Data extends Dataset>(dataset: Data, train: ArrayLike<number>, test: ArrayLike<number>) => ({
  train: view(dataset, train),
  test: view(dataset, test),
});

const view = <Data extends Dataset>(dataset: Data, indices: ArrayLike<number>): View<Data> =>
  select<HostBatch>(dataset, indices) as View<Data>;
