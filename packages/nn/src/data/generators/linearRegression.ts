import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float64, normals, product } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface LinearRegressionOptions {
  readonly seed: number;
  /** 30 unless said. */
  readonly features?: number;
  /** Standard deviation of the true weights; 0.5 unless said. */
  readonly weightDeviation?: number;
  /** Standard deviation of the noise on the targets; 2 unless said. */
  readonly noise?: number;
  /** Samples to train on; 40 unless said. */
  readonly train?: number;
  /** Samples to validate on; 200 unless said. */
  readonly validation?: number;
}

/** Vectors with a number each. */
export type Regression = {
  /** `[n, features]`, float64. */
  readonly inputs: HostArray;
  /** `[n]`, float64. */
  readonly targets: HostArray;
};

export interface LinearRegression {
  readonly train: Columns<Regression>;
  readonly validation: Columns<Regression>;
  /** `[features]`: the true weights. */
  readonly weights: Float64Array;
}

/**
 * Linear regression with few and noisy samples, so that regularization matters (arXiv 1903.03088): inputs standard
 * normal, y = x · w + noise · n, w = weightDeviation · n'.
 * @throws RangeError for counts that are not whole and positive and negative deviations
 */
export function linearRegression({
  seed,
  features = 30,
  weightDeviation = 0.5,
  noise = 2,
  train = 40,
  validation = 200,
}: LinearRegressionOptions): LinearRegression {
  requireWhole('linearRegression', { features, train, validation });
  requireNotNegative('linearRegression', { weightDeviation, noise });
  const weights = normals(randomSource(seed).fork('weights'), features).map((x) => weightDeviation * x);
  const sample = (part: string, count: number) => {
    const random = randomSource(seed).fork(part);
    const inputs = normals(random, count, features);
    const targets = product(inputs, weights, 1).map((value) => value + noise * random.normal());
    return columns({ inputs: float64(inputs, [count, features]), targets: float64(targets, [count]) });
  };
  return { train: sample('train', train), validation: sample('validation', validation), weights };
}
