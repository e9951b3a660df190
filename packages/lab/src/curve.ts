import type { Metrics, Progress } from './experiment.js';
import type { CurvePoint } from './results.js';

export const longestCurve = 200;

/** Evenly chosen elements, at most `most` (2 or more), in their order, the first and the last among them. */
export function thin<T>(points: readonly T[], most: number): T[] {
  if (points.length <= most) return [...points];
  const stride = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * stride)]!);
}

/** What a curve keeps of a report: values that are not finite are gaps, because a results file cannot hold them. */
export function curvePoint({ step, metrics }: Progress): CurvePoint {
  const finite = Object.entries(metrics).filter(([, value]) => Number.isFinite(value));
  return { step, metrics: Object.fromEntries(finite) satisfies Metrics };
}
