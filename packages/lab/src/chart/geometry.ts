import { scaleLinear } from 'd3-scale';
import { average } from '../average.js';
import type { Metric } from '../experiment.js';
import type { CurvePoint, Run } from '../results.js';

/** A point of a drawn line: training step and value of one metric. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** What several seeds measured at a step: their mean, the lowest and the highest. */
export interface BandPoint extends Point {
  readonly low: number;
  readonly high: number;
}

/** The points of one metric; steps at which it was not measured are left out. */
export function pointsOf(curve: readonly CurvePoint[], metric: string): Point[] {
  return curve.flatMap(({ step, metrics }) => {
    const value = metrics[metric];
    return value === undefined || !Number.isFinite(value) ? [] : [{ step, value }];
  });
}

/** Value at a step, straight between its neighbours; undefined outside the points, which are in the order of their steps. */
export function valueAt(points: readonly Point[], step: number): number | undefined {
  const after = points.findIndex((point) => point.step >= step);
  const next = points[after];
  if (!next || next.step === step) return next?.value;
  const previous = points[after - 1];
  if (!previous) return undefined;
  const part = (step - previous.step) / (next.step - previous.step);
  return previous.value * (1 - part) + part * next.value;
}

/** The last value measured up to a step; undefined before the first. */
export const latestAt = (points: readonly Point[], step: number): number | undefined =>
  points.findLast((point) => point.step <= step)?.value;

/**
 * The points, going on level to a step where they end before half of it: what a short training reached, beside those that
 * go on.
 */
export function levelTo<P extends Point>(points: readonly P[], step: number): readonly P[] {
  const end = points.at(-1);
  return end && end.step < step / 2 ? [...points, { ...end, step }] : points;
}

/** All steps at which any of the lines has a point, in order. */
const stepsOf = (lines: readonly (readonly Point[])[]): number[] =>
  [...new Set(lines.flatMap((line) => line.map(({ step }) => step)))].sort((a, b) => a - b);

/** Lines on one grid of steps, with null where a line has no point: what a table lists. */
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

/** The seeds of an arm as one line with what lies around it, over the steps that all of them cover. */
export function bandOf(runs: readonly Run[], metric: string): BandPoint[] {
  const lines = runs.map((run) => pointsOf(run.curve, metric)).filter((line) => line.length > 0);
  return stepsOf(lines).flatMap((step) => {
    const values = lines.flatMap((line) => valueAt(line, step) ?? []);
    if (values.length < lines.length) return [];
    return [{ step, value: average(values), low: Math.min(...values), high: Math.max(...values) }];
  });
}

/** Beyond this size the length of an axis cannot be computed any more. */
const largest = 1e300;

/**
 * Ends of an axis at round numbers around some finite values, always with a length. No values: 0 to 1.
 * @param always what the axis has on it in any case, such as 0 where bars start
 */
export function niceDomain(values: readonly number[], always: readonly number[] = []): [number, number] {
  const all = [...always, ...values].map((value) => Math.min(Math.max(value, -largest), largest));
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (low === high && low === 0) return [0, 1];
  // Differences too small to be told apart on an axis count as none.
  const size = Math.max(Math.abs(low), Math.abs(high));
  const room = high - low > Math.max(size * 1e-9, 1e-12) ? 0 : Math.max(size * 0.1, 1e-12);
  const [from, to] = scaleLinear([low - room, high + room], [0, 1])
    .nice()
    .domain();
  // Rounding can lose the smallest of numbers.
  return [Math.min(from!, low), Math.max(to!, high)];
}

/** What stands on the value axis of bars in any case: all of 0 to 1 for fractions, and 0 where bars start. */
export const alwaysUnderBars = ({ unit }: Pick<Metric, 'unit'>): number[] =>
  unit === 'fraction' ? [0, 1] : [0];

/** What stands on the value axis of curves in any case: all of 0 to 1 for fractions, unless they keep within a fifth of it. */
export function alwaysOnCurves({ unit }: Pick<Metric, 'unit'>, values: readonly number[]): number[] {
  const near = values.length > 0 && Math.max(...values) - Math.min(...values) < 0.2;
  return unit === 'fraction' && !near ? [0, 1] : [];
}

/**
 * Moves labels apart: as near as possible to where they belong, in the same order, at least `gap` from one another and
 * between `low` and `high` (where they do not all fit, they overlap evenly).
 */
export function spreadLabels(wanted: readonly number[], gap: number, low: number, high: number): number[] {
  const room = Math.min(gap, wanted.length > 1 ? (high - low) / (wanted.length - 1) : gap);
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = new Array<number>(wanted.length);
  let least = low;
  for (const [rank, index] of order.entries()) {
    const most = high - room * (order.length - 1 - rank);
    placed[index] = Math.min(Math.max(wanted[index]!, least), most);
    least = placed[index] + room;
  }
  return placed;
}

/** At most `count` (2 or more) of the rows, evenly spread, with the first and the last. */
export function sampleRows<Row>(rows: readonly Row[], count: number): Row[] {
  if (rows.length <= count) return [...rows];
  return Array.from({ length: count }, (_, i) => rows[Math.round((i * (rows.length - 1)) / (count - 1))]!);
}
