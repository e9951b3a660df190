import { columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, normals, product, wholeNumbers } from './arrays.js';
import type { TrainTest } from './batches.js';
import { requireNotNegative, requireShares, requireWhole } from './options.js';

export interface PartialModalitiesOptions {
  readonly seed: number;
  /** Seed of the class vectors and the mixing matrices, which stay the same for other samples; 0 unless said. */
  readonly world?: number;
  /** Probability that the first modality alone tells the class; 0.6 unless said. */
  readonly uniqueFirst?: number;
  /** Probability that the second modality alone tells the class; 0.2 unless said. The rest tell it in both. */
  readonly uniqueSecond?: number;
  /** Length of the class's trace beside the noise; 0.7 unless said. */
  readonly strength?: number;
  /** 5 unless said. */
  readonly classes?: number;
  /** 20 unless said. */
  readonly latent?: number;
  /** Of each modality; 50 unless said. */
  readonly features?: number;
  /** Samples to train on; 1000 unless said. */
  readonly train?: number;
  /** Samples to test on; 4000 unless said. */
  readonly test?: number;
}

/** Two views of one class, of which one may tell nothing. */
export type PartialModalities = {
  /** `[n, features]`, float32. */
  readonly first: HostArray;
  /** `[n, features]`, float32: bent by a sine, so harder to read. */
  readonly second: HostArray;
  /** `[n]`, int32. */
  readonly labels: HostArray;
  /** `[n, 2]`, int32: 1 where the modality tells the class. */
  readonly informative: HostArray;
};

/**
 * Two modalities that share some information and have some for themselves (arXiv 2411.07335):
 * x_m = (n_m + [m tells] · strength · E_m,y) T_m, then x_2 ← sin(1.5 x_2), with n and E `[classes, latent]` standard
 * normal and T `[latent, features]` normal with variance 1 / latent. Both tell with probability
 * 1 - uniqueFirst - uniqueSecond, else exactly one does.
 * @throws RangeError for counts that are not whole and positive, a negative strength, and probabilities outside
 *   [0, 1] or above 1 in sum
 */
export function partialModalities({
  seed,
  world = 0,
  uniqueFirst = 0.6,
  uniqueSecond = 0.2,
  strength = 0.7,
  classes = 5,
  latent = 20,
  features = 50,
  train = 1000,
  test = 4000,
}: PartialModalitiesOptions): TrainTest<PartialModalities> {
  requireWhole('partialModalities', { classes, latent, features, train, test });
  requireNotNegative('partialModalities', { strength });
  requireShares('partialModalities', {
    uniqueFirst,
    uniqueSecond,
    'uniqueFirst + uniqueSecond': uniqueFirst + uniqueSecond,
  });
  const modalities = ['first', 'second'].map((name) => {
    const random = randomSource(world).fork(name);
    return {
      traces: normals(random.fork('classes'), classes, latent),
      mixing: normals(random.fork('mixing'), latent, features).map((x) => x / Math.sqrt(latent)),
    };
  });
  const sample = (part: string, count: number) => {
    const random = randomSource(seed).fork(part);
    const labels = wholeNumbers(random, classes, count);
    const tells = Array.from({ length: count }, () => {
      const u = random.uniform();
      return [Number(u >= uniqueSecond), Number(u < uniqueSecond || u >= uniqueSecond + uniqueFirst)];
    });
    const [first, second] = modalities.map(({ traces, mixing }, modality) => {
      const hidden = normals(random, count, latent).map((normal, i) => {
        const n = Math.floor(i / latent);
        return normal + tells[n]![modality]! * strength * traces[labels[n]! * latent + (i % latent)]!;
      });
      return product(hidden, mixing, features);
    });
    return columns({
      first: float32(first!, [count, features]),
      second: float32(
        second!.map((x) => Math.sin(1.5 * x)),
        [count, features],
      ),
      labels: int32(labels, [count]),
      informative: int32(tells.flat(), [count, 2]),
    });
  };
  return { train: sample('train', train), test: sample('test', test) };
}
