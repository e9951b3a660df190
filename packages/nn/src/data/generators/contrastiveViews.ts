import type { HostArray } from '../dataset.js';
import type { RandomSource } from '../random.js';
import { float32, valuesOf } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';
import { requireImages } from './poolImages.js';

export interface ContrastiveViewsOptions {
  /** Pixels, at most, by which a view is shifted each way; 3 unless said. */
  readonly shift?: number;
  /** Bounds of the factor on a picture's brightness; 0.6 and 1.4 unless said. */
  readonly gain?: readonly [low: number, high: number];
  /** Standard deviation of the noise on each pixel; 0.2 unless said. */
  readonly noise?: number;
}

/** Two views of the same pictures, both `[n, channels, height, width]`, float32. */
export type ContrastivePair = {
  readonly first: HostArray;
  readonly second: HostArray;
};

/**
 * Makes two views of a batch of pictures, for learning without labels (arXiv 2308.12058). A view is
 * gain · (picture, shifted) + noise · n: the shift is drawn once for all pictures of the view, uniform from -shift to
 * shift in both directions, with zeros where nothing was; the gain is uniform and each picture's own. For the loader's
 * `augment`.
 * @throws RangeError for a shift that is not whole and not negative, bounds that are negative or not in order, and a
 *   negative noise
 */
export function contrastiveViews({
  shift = 3,
  gain = [0.6, 1.4],
  noise = 0.2,
}: ContrastiveViewsOptions = {}): (
  batch: { readonly images: HostArray },
  random: RandomSource,
) => ContrastivePair {
  const [low, high] = gain;
  requireWhole('contrastiveViews', { shift }, 0);
  requireNotNegative('contrastiveViews', { noise, 'gain[0]': low, 'gain[1] - gain[0]': high - low });
  const view = (images: HostArray, random: RandomSource): HostArray => {
    const [count, channels, height, width] = requireImages('contrastiveViews', images);
    const offset = () => random.integer(2 * shift + 1) - shift;
    const [down, right] = [offset(), offset()];
    const gains = Float64Array.from({ length: count }, () => low + (high - low) * random.uniform());
    const pixels = valuesOf(images);
    const shown = pixels.map((_, i) => {
      const [x, y] = [(i % width) - right, (Math.floor(i / width) % height) - down];
      const inside = x >= 0 && x < width && y >= 0 && y < height;
      const signal = inside ? pixels[i - down * width - right]! : 0;
      return gains[Math.floor(i / (channels * height * width))]! * signal + noise * random.normal();
    });
    return float32(shown, images.shape);
  };
  return ({ images }, random) => ({
    first: view(images, random.fork('first')),
    second: view(images, random.fork('second')),
  });
}
