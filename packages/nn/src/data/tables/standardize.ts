import { sizeOf } from '@evenkeel/tensor';
import { type Columns, columns, type HostArray, type HostBatch, mapColumns } from '../dataset.js';

/** How columns are standardized. */
export interface StandardizeOptions {
  /** Whose means and spreads are used: the training part, so that nothing of the test part is known in training. */
  readonly from: Columns;
  /** Names of columns; all of floats unless said. */
  readonly only?: readonly string[];
}

/**
 * Columns of floats with mean 0 and standard deviation 1: each feature, which is each place in a sample, less its mean
 * over samples and divided by its standard deviation (of n, not n - 1). Features that are constant stay 0. Missing values
 * (NaN) count for nothing and become 0, the mean. Other columns stay as they are.
 * @throws RangeError for a column that is not there, holds no floats or has another shape in `from`
 */
export function standardize<Batch extends HostBatch>(
  given: Columns<Batch>,
  { from, only }: StandardizeOptions,
): Columns<Batch> {
  for (const name of only ?? []) {
    if (!isFloats(given.columns[name])) {
      throw new RangeError(
        `standardize: ${name} is no column of floats of ${Object.keys(given.columns).join(', ')}`,
      );
    }
  }
  return columns(
    mapColumns(given.columns, (array, name) => {
      if (!(only?.includes(name) ?? isFloats(array))) return array;
      const reference = from.columns[name];
      const features = sizeOf(array.shape.slice(1));
      if (!isFloats(reference) || sizeOf(reference.shape.slice(1)) !== features) {
        throw new RangeError(`standardize: the column ${name} of 'from' is not of the same shape`);
      }
      return scaled(array, statisticsOf(reference, features), features);
    }),
  );
}

const isFloats = (array: HostArray | undefined): array is HostArray =>
  array !== undefined && (array.dtype === 'float32' || array.dtype === 'float64');

interface Statistics {
  readonly mean: number;
  readonly deviation: number;
}

function statisticsOf({ data, scale = 1 }: HostArray, features: number): Statistics[] {
  return Array.from({ length: features }, (_, feature) => {
    const values: number[] = [];
    for (let i = feature; i < data.length; i += features) {
      if (!Number.isNaN(data[i])) values.push(data[i]! * scale);
    }
    const average = (numbers: readonly number[]) =>
      numbers.reduce((sum, each) => sum + each, 0) / Math.max(1, numbers.length);
    const mean = average(values);
    return { mean, deviation: Math.sqrt(average(values.map((each) => (each - mean) ** 2))) };
  });
}

function scaled(
  { data, shape, dtype, scale = 1 }: HostArray,
  statistics: readonly Statistics[],
  features: number,
): HostArray {
  const result = dtype === 'float64' ? new Float64Array(data.length) : new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const { mean, deviation } = statistics[i % features]!;
    const value = (data[i]! * scale - mean) / (deviation || 1);
    result[i] = Number.isNaN(value) ? 0 : value;
  }
  return { data: result, shape, dtype };
}
