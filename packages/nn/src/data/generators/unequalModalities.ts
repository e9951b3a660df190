import { columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals, product, wholeNumbers } from './arrays.js';
import type { TrainTest } from './batches.js';
import { requireNotNegative, requireWhole } from './options.js';

const curves = {
  sine: (x: number) => Math.sin(3 * x),
  tanh: (x: number) => 1.5 * Math.tanh(x),
} as const;

export interface UnequalModalitiesOptions {
  readonly seed: number;
  /** Seed of the prototypes and the rotation, which stay the same for other samples; 0 unless said. */
  readonly world?: number;
  /** 10 unless said. */
  readonly classes?: number;
  /** Of each modality; 32 unless said. */
  readonly features?: number;
  /** Standard deviation of the noise of the easy modality; 2 unless said. */
  readonly easyNoise?: number;
  /** Standard deviation of the noise of the hard modality; 0.6 unless said. */
  readonly hardNoise?: number;
  /** What hides the hard modality: sin(3 x), which folds it, unless said; or 1.5 tanh(x). */
  readonly curve?: keyof typeof curves;
  /** Samples to train on; 2000 unless said. */
  readonly train?: number;
  /** Samples to test on; 4000 unless said. */
  readonly test?: number;
}

/** Two views of one class. */
export type UnequalModalities = {
  /** `[n, features]`, float32: noisy, but plain to see. */
  readonly easy: HostArray;
  /** `[n, features]`, float32: rotated and bent. */
  readonly hard: HostArray;
  /** `[n]`, int32. */
  readonly labels: HostArray;
};

/**
 * Two modalities of unequal difficulty (arXiv 2507.10203): easy = P_y + easyNoise · n and
 * hard = curve((Q_y + hardNoise · n') R), with P and Q `[classes, features]` standard normal and R
 * `[features, features]` normal with variance 1 / features.
 * @throws RangeError for counts that are not whole and positive, a negative noise, and an unknown curve
 */
export function unequalModalities({
  seed,
  world = 0,
  classes = 10,
  features = 32,
  easyNoise = 2,
  hardNoise = 0.6,
  curve = 'sine',
  train = 2000,
  test = 4000,
}: UnequalModalitiesOptions): TrainTest<UnequalModalities> {
  requireWhole('unequalModalities', { classes, features, train, test });
  requireNotNegative('unequalModalities', { easyNoise, hardNoise });
  if (!Object.hasOwn(curves, curve)) {
    throw new RangeError(`unequalModalities: curve: got ${curve}, expected 'sine' or 'tanh'`);
  }
  const fixed = randomSource(world);
  const easyPrototypes = normals(fixed.fork('easy'), classes, features);
  const hardPrototypes = normals(fixed.fork('hard'), classes, features);
  const rotation = normals(fixed.fork('rotation'), features, features).map((x) => x / Math.sqrt(features));
  const sample = (part: string, count: number) => {
    const random = randomSource(seed).fork(part);
    const labels = wholeNumbers(random, classes, count);
    const around = (prototypes: Float64Array, noise: number) =>
      normals(random, count, features).map(
        (normal, i) =>
          prototypes[labels[Math.floor(i / features)]! * features + (i % features)]! + noise * normal,
      );
    const easy = around(easyPrototypes, easyNoise);
    const hard = product(around(hardPrototypes, hardNoise), rotation, features).map(curves[curve]);
    const shape = [count, features];
    return columns({
      easy: float32(easy, shape),
      hard: float32(hard, shape),
      labels: int32(labels, [count]),
    });
  };
  return { train: sample('train', train), test: sample('test', test) };
}
