import type { CurvePoint, Metric, Run } from '@evenkeel/lab';
import { ascending, bisector, extent, mean, sort, ticks } from 'd3-array';
import { scaleLinear } from 'd3-scale';

/** A point of a drawn line: training step and value of one metric. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** The points of one metric; steps at which it was not measured are left out. */
export function pointsOf(curve: readonly CurvePoint[], metric: string): Point[] {
  return curve.flatMap(({ step, metrics }) => {
    const value = metrics[metric];
    return value === undefined || !Number.isFinite(value) ? [] : [{ step, value }];
  });
}

/**
 * Ends of a value axis, at round numbers: around the values, with 0 for bars, and with all of 0 to 1 for fractions.
 * @param fromZero whether the axis carries bars, which start at 0
 */
export function valueDomain(metric: Metric, values: readonly number[], fromZero = false): [number, number] {
  const always = metric.unit === 'fraction' ? [0, 1] : fromZero ? [0] : [];
  const [low = 0, high = 1] = extent([...always, ...values]);
  if (low === high && low === 0) return [0, 1];
  // Differences too small to be told apart on an axis count as none.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const room = high - low > Math.max(size * 1e-9, 1e-12) ? 0 : Math.max(size * 0.1, 1e-12);
  const [from, to] = scaleLinear([low - room, high + room], [0, 1])
    .nice()
    .domain();
  return [from as number, to as number];
}

/** About `count` round numbers inside a domain. */
export const axisTicks = ([low, high]: readonly [number, number], count: number): number[] =>
  ticks(low, high, count);

/** Value at a step, straight between its neighbours; undefined outside the points. */
export function valueAt(points: readonly Point[], step: number): number | undefined {
  const after = bisector((point: Point) => point.step).left(points, step);
  const next = points[after];
  if (!next) return undefined;
  if (next.step === step) return next.value;
  const previous = points[after - 1];
  if (!previous) return undefined;
  const part = (step - previous.step) / (next.step - previous.step);
  return previous.value + part * (next.value - previous.value);
}

/** The last value measured up to a step; undefined before the first. */
export const latestAt = (points: readonly Point[], step: number): number | undefined =>
  points[bisector((point: Point) => point.step).right(points, step) - 1]?.value;

/** The mean line of several runs, over the steps that all of them cover. */
export function meanLine(runs: readonly Run[], metric: string): Point[] {
  const lines = runs.map((run) => pointsOf(run.curve, metric)).filter((line) => line.length > 0);
  return stepsOf(lines).flatMap((step) => {
    const values = lines.map((line) => valueAt(line, step));
    const value = values.includes(undefined) ? undefined : mean(values);
    return value === undefined ? [] : [{ step, value }];
  });
}

/** Lines on one grid of steps, with null where a line has no point: what uPlot draws and a table lists. */
export function onOneGrid(lines: readonly (readonly Point[])[]): {
  readonly steps: number[];
  readonly values: (number | null)[][];
} {
  const steps = stepsOf(lines);
  const values = lines.map((line) => {
    const byStep = new Map(line.map(({ step, value }) => [step, value]));
    return steps.map((step) => byStep.get(step) ?? null);
  });
  return { steps, values };
}

/** At most `count` of the rows, evenly spread, with the first and the last. */
export function sampleRows<Row>(rows: readonly Row[], count: number): Row[] {
  if (rows.length <= count) return [...rows];
  return Array.from(
    { length: count },
    (_, i) => rows[Math.round((i * (rows.length - 1)) / (count - 1))] as Row,
  );
}

const stepsOf = (lines: readonly (readonly Point[])[]): number[] =>
  sort(new Set(lines.flatMap((line) => line.map(({ step }) => step))), ascending);

/**
 * Moves labels apart: as near as possible to where they belong, in the same order, at least `gap` from one another and
 * between `low` and `high` (where they do not all fit, they overlap evenly).
 */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const room = Math.min(gap, wanted.length > 1 ? (high - low) / (wanted.length - 1) : gap);
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] as number) - (wanted[b] as number));
  const placed = new Array<number>(wanted.length);
  let least = low;
  for (const [rank, index] of order.entries()) {
    const most = high - room * (order.length - 1 - rank);
    const position = Math.min(Math.max(wanted[index] as number, least), most);
    placed[index] = position;
    least = position + room;
  }
  return placed;
}
