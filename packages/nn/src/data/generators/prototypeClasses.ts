import { columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals, product, row, wholeNumbers } from './arrays.js';
import type { LabelledVectors, TrainTest } from './batches.js';
import { requireNotNegative, requireShares, requireWhole } from './options.js';
import { randomizeLabels } from './randomizeLabels.js';

export interface PrototypeClassesOptions {
  readonly seed: number;
  /** Seed of the prototypes and the mixing matrix, which stay the same for other samples; 0 unless said. */
  readonly world?: number;
  /** 10 unless said. */
  readonly classes?: number;
  /** Numbers that tell the classes apart; 8 unless said. */
  readonly latent?: number;
  /** Numbers that can be seen; 96 unless said. */
  readonly features?: number;
  /** Standard deviation of a sample around its prototype; 0.35 unless said. */
  readonly latentNoise?: number;
  /** Standard deviation of the noise on each feature; 1.5 unless said. */
  readonly noise?: number;
  /** Share of the training labels that are drawn anew; 0.1 unless said. */
  readonly labelNoise?: number;
  /** Samples to train on; 400 unless said. */
  readonly train?: number;
  /** Samples to test on, with clean labels; 4000 unless said. */
  readonly test?: number;
}

/**
 * Classes around prototypes, seen through many redundant and noisy features (arXiv 2306.16993):
 * z = P_y + latentNoise · n, x = z M / √latent + noise · n', with P `[classes, latent]`, M `[latent, features]` and all
 * n standard normal. Inputs `[n, features]`, float32; labels `[n]`, int32.
 * @throws RangeError for counts that are not whole and positive, a negative noise, and a share outside [0, 1]
 */
export function prototypeClasses({
  seed,
  world = 0,
  classes = 10,
  latent = 8,
  features = 96,
  latentNoise = 0.35,
  noise = 1.5,
  labelNoise = 0.1,
  train = 400,
  test = 4000,
}: PrototypeClassesOptions): TrainTest<LabelledVectors> {
  requireWhole('prototypeClasses', { classes, latent, features, train, test });
  requireNotNegative('prototypeClasses', { latentNoise, noise });
  requireShares('prototypeClasses', { labelNoise });
  const fixed = randomSource(world);
  const prototypes = normals(fixed.fork('prototypes'), classes, latent);
  const mixing = normals(fixed.fork('mixing'), latent, features);
  const sample = (part: string, count: number, noisyShare: number) => {
    const random = randomSource(seed).fork(part);
    const labels = wholeNumbers(random, classes, count);
    const hidden = normals(random, count, latent).map(
      (normal, i) =>
        row(prototypes, latent, labels[Math.floor(i / latent)]!)[i % latent]! + latentNoise * normal,
    );
    const inputs = product(hidden, mixing, features).map(
      (signal) => signal / Math.sqrt(latent) + noise * random.normal(),
    );
    const shown = randomizeLabels(labels, { seed, share: noisyShare, classes });
    return columns({ inputs: float32(inputs, [count, features]), labels: int32(shown, [count]) });
  };
  return { train: sample('train', train, labelNoise), test: sample('test', test, 0) };
}
