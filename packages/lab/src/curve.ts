import type { Metrics, Progress } from './experiment.js';
import type { CurvePoint } from './results.js';

export const longestCurve = 100;

/** Significant digits of a curve's values: more than can be drawn, and a fifth of the file. */
const digits = 5;

/**
 * At most `most` (3 or more) of the points, in their order, the first and the last among them. The others come from
 * stretches of equal length, each of which gives the point that measures most: not every metric is measured at every step.
 */
export function thin(points: readonly CurvePoint[], most: number): CurvePoint[] {
  if (points.length <= most) return [...points];
  const inner = points.slice(1, -1);
  const start = (stretch: number) => Math.round((stretch * inner.length) / (most - 2));
  const chosen = Array.from({ length: most - 2 }, (_, i) => fullest(inner.slice(start(i), start(i + 1))));
  return [points[0]!, ...chosen, points.at(-1)!];
}

const fullest = (points: readonly CurvePoint[]): CurvePoint =>
  points.reduce((best, point) =>
    Object.keys(point.metrics).length > Object.keys(best.metrics).length ? point : best,
  );

/**
 * What a curve keeps of a report: rounded values, and gaps where they are not finite, because a
 * results file cannot hold those.
 */
export function curvePoint({ step, metrics }: Progress): CurvePoint {
  const kept = Object.entries(metrics)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => [name, Number(value.toPrecision(digits))]);
  return { step, metrics: Object.fromEntries(kept) satisfies Metrics };
}
