import { bandOf } from '@evenkeel/lab/chart';
import { headlineMetric } from '../run/meta.js';
import { oncePerResults } from './oncePerResults.js';

/** What a recorded run looked like: two learning curves as SVG polylines. */
export interface Spark {
  /** For those who do not see it. */
  readonly about: string;
  readonly baseline: string;
  readonly method: string;
}

/** As `Sparkline` draws it. */
const size = { width: 64, height: 20 } as const;
const margin = 2;
const mostPoints = 24;

/** The means over the seeds of the most important metric, of the first baseline and the first method; undefined without both. */
export const sparkOf = oncePerResults((results): Spark | undefined => {
  const metric = headlineMetric(results);
  const [baseline, method] = (['baseline', 'method'] as const).map((role) => {
    const runs = results.arms.find((arm) => arm.role === role)?.runs ?? [];
    return metric ? thinned(bandOf(runs, metric.name)) : [];
  }) as [Point[], Point[]];
  if (!metric || baseline.length < 2 || method.length < 2) return undefined;
  const all = [...baseline, ...method];
  const across = scale(
    all.map(({ step }) => step),
    margin,
    size.width - margin,
  );
  const up = scale(
    all.map(({ value }) => value),
    size.height - margin,
    margin,
  );
  const draw = (points: readonly Point[]) =>
    points.map(({ step, value }) => `${across(step)},${up(value)}`).join(' ');
  return {
    about: `${metric.label} while training: baseline grey, method in colour`,
    baseline: draw(baseline),
    method: draw(method),
  };
});

interface Point {
  readonly step: number;
  readonly value: number;
}

/** Some of the points, evenly, with the first and the last. */
function thinned(points: readonly Point[]): Point[] {
  const count = Math.min(points.length, mostPoints);
  return Array.from(
    { length: count },
    (_, i) => points[Math.round((i * (points.length - 1)) / Math.max(1, count - 1))]!,
  );
}

function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const span = greatest - least || 1;
  return (value) => Math.round(10 * (from + ((value - least) / span) * (to - from))) / 10;
}
