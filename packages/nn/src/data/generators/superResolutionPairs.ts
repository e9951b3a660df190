import { type Columns, columns, type HostArray } from '../dataset.js';
import { float32, valuesOf } from './arrays.js';
import { poolPixels, requireImages } from './poolImages.js';

/** Pictures and what is left of them. */
export type SuperResolutionPairs = {
  /** `[n, channels, height / factor, width / factor]`, float32: the input. */
  readonly low: HostArray;
  /** `[n, channels, height, width]`, float32: the target. */
  readonly high: HostArray;
};

/**
 * Pictures to be enlarged (arXiv 2208.14839): low = mean of each factor × factor square of high.
 * @param factor 2 unless said
 * @throws RangeError for a factor that is not whole and positive; ShapeError unless it divides height and width
 */
export function superResolutionPairs(
  dataset: Columns<{ readonly images: HostArray }>,
  factor = 2,
): Columns<SuperResolutionPairs> {
  const { images } = dataset.columns;
  return columns({
    low: poolPixels('superResolutionPairs', images, factor),
    high: float32(valuesOf(images), requireImages('superResolutionPairs', images)),
  });
}
