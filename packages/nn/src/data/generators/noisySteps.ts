import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float64 } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

/** Signals or pictures with noise and without; float64. */
export type Denoising = {
  readonly clean: HostArray;
  readonly noisy: HostArray;
};

const withNoise = (clean: Float64Array, shape: readonly number[], draw: () => number): Columns<Denoising> =>
  columns({
    clean: float64(clean, shape),
    noisy: float64(
      clean.map((value) => value + draw()),
      shape,
    ),
  });

export interface NoisyStepsOptions {
  readonly seed: number;
  /** 16 unless said. */
  readonly samples?: number;
  /** Numbers of a signal; 256 unless said. */
  readonly length?: number;
  /** Constant pieces of a signal, at most its length; 8 unless said. */
  readonly pieces?: number;
  /** Standard deviation of the noise; 0.1 unless said. */
  readonly noise?: number;
}

/**
 * Signals that jump a few times and are constant in between, with Gaussian noise: what total variation is meant for
 * (denoising in arXiv 2308.10098). The jumps lie at different random places, the pieces' values are uniform in [0, 1).
 * Both `[samples, length]`.
 * @throws RangeError for counts that are not whole and positive, more pieces than numbers, and a negative noise
 */
export function noisySteps({
  seed,
  samples = 16,
  length = 256,
  pieces = 8,
  noise = 0.1,
}: NoisyStepsOptions): Columns<Denoising> {
  requireWhole('noisySteps', { samples, length, pieces });
  requireNotNegative('noisySteps', { noise });
  if (pieces > length) {
    throw new RangeError(`noisySteps: pieces: got ${pieces}, expected at most the length, ${length}`);
  }
  const random = randomSource(seed);
  const clean = new Float64Array(samples * length);
  for (let n = 0; n < samples; n++) {
    const jumps = random.permutation(length - 1).subarray(0, pieces - 1);
    const starts = [0, ...Array.from(jumps, (at) => at + 1).sort((a, b) => a - b)];
    for (const start of starts) clean.fill(random.uniform(), n * length + start, (n + 1) * length);
  }
  return withNoise(clean, [samples, length], () => noise * random.normal());
}

export interface NoisyRectanglesOptions {
  readonly seed: number;
  /** 16 unless said. */
  readonly samples?: number;
  /** Side of the pictures in pixels; 64 unless said. */
  readonly size?: number;
  /** Rectangles of a picture, one over the other; 8 unless said. */
  readonly rectangles?: number;
  /** Standard deviation of the noise; 0.1 unless said. */
  readonly noise?: number;
}

/**
 * Pictures of rectangles over a ground, each of one brightness, with Gaussian noise: the same in two dimensions.
 * Brightnesses are uniform in [0, 1), a rectangle's sides uniform from 1 to half the size, its place uniform inside the
 * picture. Both `[samples, 1, size, size]`.
 * @throws RangeError for counts that are not whole and positive, a size below 2, and a negative noise
 */
export function noisyRectangles({
  seed,
  samples = 16,
  size = 64,
  rectangles = 8,
  noise = 0.1,
}: NoisyRectanglesOptions): Columns<Denoising> {
  requireWhole('noisyRectangles', { samples, rectangles });
  requireWhole('noisyRectangles', { size }, 2);
  requireNotNegative('noisyRectangles', { noise });
  const random = randomSource(seed);
  const clean = new Float64Array(samples * size ** 2);
  const side = () => 1 + random.integer(Math.floor(size / 2));
  for (let n = 0; n < samples; n++) {
    const picture = clean.subarray(n * size ** 2, (n + 1) * size ** 2).fill(random.uniform());
    for (let each = 0; each < rectangles; each++) {
      const [height, width, brightness] = [side(), side(), random.uniform()];
      const [top, left] = [random.integer(size - height + 1), random.integer(size - width + 1)];
      for (let y = top; y < top + height; y++) {
        picture.fill(brightness, y * size + left, y * size + left + width);
      }
    }
  }
  return withNoise(clean, [samples, 1, size, size], () => noise * random.normal());
}
