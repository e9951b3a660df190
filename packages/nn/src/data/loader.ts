import { formatShape, ShapeError } from '@evenkeel/tensor';
import { requireSteps } from '../optimizers/options.js';
import type { BatchSource } from '../training/batches.js';
import {
  type Columns,
  type Dataset,
  type HostArray,
  type HostBatch,
  mapColumns,
  takeRows,
} from './dataset.js';
import { prefetched } from './prefetch.js';
import { type RandomSource, randomSource } from './random.js';
import { type TensorBatch, toTensors } from './tensors.js';

/** How a loader makes batches. */
export interface LoaderOptions<Batch extends HostBatch, Augmented extends HostBatch = Batch> {
  /** Samples in a batch, at least 1. */
  readonly batchSize: number;
  /** Of the order and of the augmentations: a non-negative safe integer. */
  readonly seed: number;
  /** Whether each epoch has another random order; true unless said. Otherwise the order is the data set's. */
  readonly shuffle?: boolean;
  /**
   * What becomes of the last samples of an epoch when they do not fill a batch. `drop`, unless said: they wait for an epoch
   * in which they come earlier. `keep`: a smaller batch. `pad`: repeated until they fill a batch; then every batch has a
   * further tensor `mask`, float32 `[batchSize]`, 1 for samples and 0 for repetitions.
   */
  readonly last?: 'drop' | 'keep' | 'pad';
  /** Changes a batch before it becomes tensors. Its random numbers depend on seed, epoch and place in the epoch alone. */
  readonly augment?: (batch: Batch, random: RandomSource) => Augmented;
  /** Batches that are read while one is worked on; 2 unless said, 0 for none. */
  readonly prefetch?: number;
}

/** Batches of a data set, without end and the same ones for the same seed, wherever reading begins. */
export interface Loader<Batch> extends BatchSource<Batch> {
  readonly batchesPerEpoch: number;
  batchesFrom(step: number): AsyncIterable<Batch>;
  /** The batches of one epoch, 0 for the first: each sample once, but for what `drop` leaves out. */
  epoch(number: number): AsyncIterable<Batch>;
}

/** With `last: 'pad'`, batches have a mask. */
export function loader<Batch extends HostBatch, Augmented extends HostBatch = Batch>(
  dataset: Dataset<Batch>,
  options: LoaderOptions<Batch, Augmented> & { readonly last: 'pad' },
): Loader<TensorBatch<Augmented & { readonly mask: HostArray }>>;
/**
 * Batches of tensors from a data set: shuffled, augmented, and read ahead in the background.
 * @throws RangeError for options out of range, a data set without a whole batch when the last one is dropped, or a column
 *   `mask` when batches are padded; while reading, what the data set throws, and ShapeError for another number of samples
 *   than was asked for
 */
export function loader<Batch extends HostBatch, Augmented extends HostBatch = Batch>(
  dataset: Dataset<Batch>,
  options: LoaderOptions<Batch, Augmented>,
): Loader<TensorBatch<Augmented>>;
export function loader(
  dataset: Dataset | Columns,
  { batchSize, seed, shuffle = true, last = 'drop', augment, prefetch = 2 }: LoaderOptions<HostBatch>,
): Loader<TensorBatch> {
  requireSteps('loader', 'batchSize', batchSize);
  requireCount('loader: prefetch', prefetch);
  if (!['drop', 'keep', 'pad'].includes(last)) {
    throw new RangeError(`loader: last must be drop, keep or pad, got ${last}`);
  }
  if (dataset.length === 0) throw new RangeError('loader: the data set has no samples');
  const batchesPerEpoch = Math[last === 'drop' ? 'floor' : 'ceil'](dataset.length / batchSize);
  if (batchesPerEpoch === 0) {
    throw new RangeError(
      `loader: ${dataset.length} samples make no batch of ${batchSize}; 'keep' or 'pad' the last one`,
    );
  }
  if (last === 'pad' && 'columns' in dataset) requireNoMask(dataset.read([0]));
  const random = randomSource(seed);
  const orders = random.fork('order');
  const augmentations = random.fork('augmentation');

  /** The places of an epoch's batches from one of them on, with their samples. */
  function* places(epoch: number, from = 0): Generator<Place, void, void> {
    const order = shuffle ? orders.fork(epoch).permutation(dataset.length) : naturalOrder(dataset.length);
    for (let batch = from; batch < batchesPerEpoch; batch++) {
      yield { epoch, batch, samples: [...order.subarray(batch * batchSize, (batch + 1) * batchSize)] };
    }
  }
  function* endlessPlaces(step: number): Generator<Place, void, void> {
    const first = Math.floor(step / batchesPerEpoch);
    yield* places(first, step % batchesPerEpoch);
    for (let epoch = first + 1; ; epoch++) yield* places(epoch);
  }
  async function read({ epoch, batch, samples }: Place): Promise<TensorBatch> {
    const given = await dataset.read(samples);
    requireSamples('the data set', given, samples.length);
    if (last === 'pad') requireNoMask(given);
    const augmented = augment ? augment(given, augmentations.fork(epoch).fork(batch)) : given;
    if (augment) requireSamples('augment', augmented, samples.length);
    return toTensors(last === 'pad' ? padded(augmented, samples.length, batchSize) : augmented);
  }
  const reading = (of: Generator<Place, void, void>): AsyncIterable<TensorBatch> =>
    prefetched(of, read, prefetch);

  return {
    batchesPerEpoch,
    batchesFrom(step) {
      requireCount('batchesFrom: step', step);
      return reading(endlessPlaces(step));
    },
    epoch(number) {
      requireCount('epoch: number', number);
      return reading(places(number));
    },
  };
}

interface Place {
  readonly epoch: number;
  readonly batch: number;
  readonly samples: readonly number[];
}

const naturalOrder = (length: number) => Int32Array.from({ length }, (_, i) => i);

/** The batch with its samples repeated up to a whole batch, and the mask that tells. */
function padded<Batch extends HostBatch>(batch: Batch, samples: number, batchSize: number): Batch {
  const indices = Array.from({ length: batchSize }, (_, i) => i % samples);
  const mask = Float32Array.from(indices, (_, i) => Number(i < samples));
  const whole = samples === batchSize ? batch : mapColumns(batch, (array) => takeRows(array, indices));
  return { ...whole, mask: { data: mask, shape: [batchSize], dtype: 'float32' } };
}

function requireCount(name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError(`${name} must be a non-negative integer, got ${value}`);
  }
}

function requireNoMask(batch: HostBatch): void {
  if ('mask' in batch) throw new RangeError(`loader: the data set has a column mask, which 'pad' would add`);
}

function requireSamples(who: string, batch: HostBatch, expected: number): void {
  for (const [name, { shape }] of Object.entries(batch)) {
    if (shape[0] !== expected) {
      throw new ShapeError(
        `loader: ${who} gave ${name} ${formatShape(shape)} where ${expected} samples were wanted`,
      );
    }
  }
}
