import type { Metrics, Progress } from './experiment.js';
import type { CurvePoint } from './results.js';

export const longestCurve = 100;

/** Significant digits of a curve's values: more than can be drawn, and a fifth of the file. */
const digits = 5;

/** Evenly chosen elements, at most `most` (2 or more), in their order, the first and the last among them. */
export function thin<T>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points];
  const stride = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * stride)]!);
}

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
