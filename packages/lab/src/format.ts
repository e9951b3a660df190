import type { Metric } from './experiment.js';

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
