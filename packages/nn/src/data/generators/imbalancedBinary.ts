import { columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { float64, int32, normals } from './arrays.js';
import type { LabelledVectors, TrainTest } from './batches.js';
import { requireFinite, requireShares, requireWhole } from './options.js';

export interface ImbalancedBinaryOptions {
  readonly seed: number;
  /** Probability of class 1; 0.08 unless said. */
  readonly positiveShare?: number;
  /** 10 unless said. */
  readonly features?: number;
  /** How many features, the first ones, differ between the classes; 3 unless said. */
  readonly informative?: number;
  /** By how much class 1 lies above class 0 in each of these, in standard deviations; 1 unless said. */
  readonly shift?: number;
  /** Samples to train on; 2000 unless said. */
  readonly train?: number;
  /** Samples to test on; 4000 unless said. */
  readonly test?: number;
}

/** Columns of the matrix, each with mean 0 and variance 1 over the samples; a constant column becomes 0. */
function standardized(values: Float64Array, width: number): Float64Array {
  const count = values.length / width;
  const result = new Float64Array(values.length);
  for (let column = 0; column < width; column++) {
    let mean = 0;
    for (let i = column; i < values.length; i += width) mean += values[i]! / count;
    let variance = 0;
    for (let i = column; i < values.length; i += width) variance += (values[i]! - mean) ** 2 / count;
    const deviation = Math.sqrt(variance) || 1;
    for (let i = column; i < values.length; i += width) result[i] = (values[i]! - mean) / deviation;
  }
  return result;
}

/**
 * Two classes, one of them rare (arXiv 2405.14745): y = 1 with probability positiveShare; x standard normal, its
 * first `informative` features shifted for y = 1. Each of the two sets is standardized by itself. Inputs
 * `[n, features]`, float64; labels `[n]`, int32.
 * @throws RangeError for counts that are not whole and positive, more informative features than features, a share
 *   outside [0, 1] and a shift that is not finite
 */
export function imbalancedBinary({
  seed,
  positiveShare = 0.08,
  features = 10,
  informative = 3,
  shift = 1,
  train = 2000,
  test = 4000,
}: ImbalancedBinaryOptions): TrainTest<LabelledVectors> {
  requireWhole('imbalancedBinary', { features, train, test });
  requireWhole('imbalancedBinary', { informative }, 0);
  if (informative > features) {
    throw new RangeError(
      `imbalancedBinary: informative: got ${informative}, expected at most the ${features} features`,
    );
  }
  requireShares('imbalancedBinary', { positiveShare });
  requireFinite('imbalancedBinary', { shift });
  const sample = (part: string, count: number) => {
    const random = randomSource(seed).fork(part);
    const labels = Int32Array.from({ length: count }, () => Number(random.uniform() < positiveShare));
    const inputs = normals(random, count, features).map((normal, i) =>
      i % features < informative ? normal + shift * labels[Math.floor(i / features)]! : normal,
    );
    return columns({
      inputs: float64(standardized(inputs, features), [count, features]),
      labels: int32(labels, [count]),
    });
  };
  return { train: sample('train', train), test: sample('test', test) };
}
