import { average } from './average.js';
import type { Metric } from './experiment.js';
import type { Interval, JudgedCondition, Summary } from './results.js';

/**
 * A value of a metric for reading: `97.3 %`, `12.4 s`, `1.5 MB`, `0.6931`. Plain numbers keep four significant
 * digits, whole numbers all of theirs.
 */
export function formatMetric(value: number, metric: Pick<Metric, 'unit'>): string {
  if (Number.isNaN(value)) return 'not a number';
  if (value < 0) return `−${formatMetric(-value, metric)}`;
  if (value === Number.POSITIVE_INFINITY) return '∞';
  return formatters[metric.unit](value);
}

/** The difference of two values of a metric for reading; of fractions in percentage points: `70.0 points`. */
export function formatDifference(difference: number, metric: Pick<Metric, 'unit'>): string {
  const text = formatMetric(difference, metric);
  return metric.unit === 'fraction' ? text.replace(/ %$/, ' points') : text;
}

/** A difference with its sign: `+70.0 points`, `−200 ms`. */
export function formatSigned(difference: number, metric: Pick<Metric, 'unit'>): string {
  return `${difference < 0 ? '' : '+'}${formatDifference(difference, metric)}`;
}

/**
 * A mean over seeds with how sure it is: `+97.1 points, 95 % interval +95.0 to +99.9, 3 seeds`. The ends of the interval
 * have the unit of the mean unless they say another. Where all seeds agree there is nothing between: `100.0 % with each
 * of 3 seeds`; a single seed is called so.
 * @param write writes a value, such as `formatMetric` with a metric
 */
export function formatMean(
  { mean, interval }: Pick<Summary, 'mean' | 'interval'>,
  seeds: number,
  write: (value: number) => string,
): string {
  if (seeds === 1) return `${write(mean)}, one seed`;
  if (interval.low === interval.high) return `${write(mean)} with each of ${seeds} seeds`;
  return `${write(mean)}, 95 % interval ${formatInterval(interval, write, write(mean))}, ${seeds} seeds`;
}

/** Both ends of an interval, without the unit of the text that they stand beside: `+95.0 to +99.9`. */
export function formatInterval(
  { low, high }: Interval,
  write: (value: number) => string,
  beside: string,
): string {
  const unit = / \S+$/.exec(beside)?.[0] ?? '';
  const written = [low, high].map((end) => write(end));
  return written
    .map((text) => (unit !== '' && text.endsWith(unit) ? text.slice(0, -unit.length) : text))
    .join(' to ');
}

/**
 * What was measured for a condition and how sure it is, as `formatMean` writes it; where every seed is asked for, the
 * worst of them first: `+93.4 points in the worst seed; mean +97.1 points, 95 % interval +93.4 to +99.9, 3 seeds`.
 */
export function formatMeasured(
  { condition, value, values, interval }: JudgedCondition,
  metric: Pick<Metric, 'unit'>,
): string {
  const write = (each: number) =>
    condition.minus === undefined ? formatMetric(each, metric) : formatSigned(each, metric);
  const mean = average(values);
  const sure = formatMean({ mean, interval }, values.length, write);
  if (condition.over === 'mean' || interval.low === interval.high) return sure;
  return `${write(value)} in the worst seed; mean ${sure}`;
}

const formatters: Record<Metric['unit'], (value: number) => string> = {
  fraction: (value) => `${percentage(100 * value)} %`,
  number: plainNumber,
  seconds: duration,
  bytes: (value) => scaled(value, byteUnits),
};

/** One decimal, and two significant digits below 1, so that a small share is not written as none. */
function percentage(value: number): string {
  if (value === 0 || value >= 0.95) return value.toFixed(1);
  return String(Number(value.toPrecision(2)));
}

function plainNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 1e-4 || value >= 1e12) return value.toExponential(3);
  if (Number.isInteger(value) || value >= 1e4) return grouped(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

function duration(seconds: number): string {
  if (seconds === 0) return '0 s';
  const whole = Math.round(seconds);
  if (whole < 60) return scaled(seconds, secondUnits);
  const rest = whole % 60;
  return `${grouped(Math.floor(whole / 60))} min${rest > 0 ? ` ${rest} s` : ''}`;
}

/** From large to small. */
type Units = readonly { readonly name: string; readonly size: number }[];

const secondUnits: Units = [
  { name: 's', size: 1 },
  { name: 'ms', size: 1e-3 },
  { name: 'µs', size: 1e-6 },
];

const byteUnits: Units = [
  { name: 'GB', size: 1e9 },
  { name: 'MB', size: 1e6 },
  { name: 'kB', size: 1e3 },
  { name: 'B', size: 1 },
];

/** Three significant digits in the largest unit that leaves at least 1, or in the smallest one. */
function scaled(value: number, units: Units): string {
  const rounded = Number(value.toPrecision(3));
  const unit = units.find(({ size }) => rounded >= size) ?? units.at(-1)!;
  return `${Number((rounded / unit.size).toPrecision(3))} ${unit.name}`;
}

function grouped(whole: number): string {
  return whole.toLocaleString('en-GB');
}

/** A label at the start of a sentence or an axis; symbols and units, such as λ, k and dB, stay as they are. */
export const capitalized = (text: string): string =>
  text.replace(/^[a-z](?=[a-z]+(?:[^\p{L}]|$))/u, (first) => first.toUpperCase());
