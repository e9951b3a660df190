import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { float64, normals } from './arrays.js';
import { requireFinite, requireNotNegative, requireWhole } from './options.js';

export interface PointCloudsOptions {
  readonly seed: number;
  /** In each cloud; 24 unless said. */
  readonly points?: number;
  /** Standard deviation of the targets' coordinates; 0.8 unless said. */
  readonly spread?: number;
  /** Both coordinates of the targets' centre; 1 unless said. */
  readonly shift?: number;
}

/** Two clouds in the plane and what it costs to carry one to the other; all float64. */
export type PointClouds = {
  /** `[points, 2]`. */
  readonly sources: HostArray;
  /** `[points, 2]`. */
  readonly targets: HostArray;
  /** `[points, points]`: row i from source i to every target. */
  readonly costs: HostArray;
};

/**
 * A transport problem in the plane (arXiv 2209.15466): sources standard normal, targets spread · n + (shift, shift),
 * costs the squared distances divided by the largest.
 * @throws RangeError for a number of points that is not whole and positive, a negative spread and a shift that is not
 *   finite
 */
export function pointClouds({
  seed,
  points = 24,
  spread = 0.8,
  shift = 1,
}: PointCloudsOptions): Columns<PointClouds> {
  requireWhole('pointClouds', { points });
  requireNotNegative('pointClouds', { spread });
  requireFinite('pointClouds', { shift });
  const random = randomSource(seed);
  const sources = normals(random.fork('sources'), points, 2);
  const targets = normals(random.fork('targets'), points, 2).map((x) => spread * x + shift);
  const distances = Float64Array.from({ length: points ** 2 }, (_, at) => {
    const [i, j] = [Math.floor(at / points), at % points];
    return (sources[2 * i]! - targets[2 * j]!) ** 2 + (sources[2 * i + 1]! - targets[2 * j + 1]!) ** 2;
  });
  const farthest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  return columns({
    sources: float64(sources, [points, 2]),
    targets: float64(targets, [points, 2]),
    costs: float64(
      distances.map((distance) => distance / farthest),
      [points, points],
    ),
  });
}
