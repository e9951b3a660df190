import { type Columns, columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { float32, int32, wholeNumbers } from './arrays.js';
import type { LabelledVectors } from './batches.js';
import { requireNotNegative, requirePositive, requireWhole } from './options.js';

export interface GaussianRingOptions {
  readonly seed: number;
  /** Number of Gaussians; 8 unless said. */
  readonly centres?: number;
  /** Of the circle; 2 unless said. */
  readonly radius?: number;
  /** Standard deviation of each coordinate around its centre; 0.1 unless said. */
  readonly deviation?: number;
  /** 10000 unless said. */
  readonly samples?: number;
}

/** Points on a circle, evenly spaced from (radius, 0) on, anticlockwise. */
export function ringCentres(centres: number, radius: number): [x: number, y: number][] {
  requireWhole('ringCentres', { centres });
  requirePositive('ringCentres', { radius });
  return Array.from({ length: centres }, (_, i) => {
    const angle = (2 * Math.PI * i) / centres;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/**
 * A mixture of equal Gaussians on a circle (arXiv 2309.14054): centre c uniform, point = centre_c + deviation · n.
 * Inputs `[samples, 2]`, float32; labels `[samples]`, int32: the centre, numbered as in `ringCentres`.
 * @throws RangeError for counts that are not whole and positive, another radius than a positive one, and a negative
 *   deviation
 */
export function gaussianRing({
  seed,
  centres = 8,
  radius = 2,
  deviation = 0.1,
  samples = 10_000,
}: GaussianRingOptions): Columns<LabelledVectors> {
  requireWhole('gaussianRing', { centres, samples });
  requirePositive('gaussianRing', { radius });
  requireNotNegative('gaussianRing', { deviation });
  const random = randomSource(seed);
  const places = ringCentres(centres, radius);
  const labels = wholeNumbers(random, centres, samples);
  const points = Array.from(labels).flatMap((label) =>
    places[label]!.map((coordinate) => coordinate + deviation * random.normal()),
  );
  return columns({ inputs: float32(points, [samples, 2]), labels: int32(labels, [samples]) });
}
