import {
  type ClaimVerdict,
  capitalized,
  formatInterval,
  formatMetric,
  formatSigned,
  type Metric,
  type PaperVerdict,
  type Summary,
} from '@evenkeel/lab';

/** Marks that go with the words of a verdict, so that it is told by shape as well as by colour. */
export const verdictMarks: Record<PaperVerdict | ClaimVerdict, string> = {
  reproduced: '●',
  partly: '◐',
  'not reproduced': '○',
  shows: '●',
  'does not show': '○',
  'not tested here': '–',
};

/** `1 seed`, `3 seeds`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string => new Intl.ListFormat('en-GB').format(items);

/** Small counts as words: `two`; from ten on as figures. */
export const inWords = (count: number): string =>
  ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][count] ?? String(count);

/** Writes values of a metric, and differences of them with their sign, for `formatMean`. */
export const writing =
  (metric: Pick<Metric, 'unit'>, { signed }: { signed: boolean }) =>
  (value: number): string =>
    signed ? formatSigned(value, metric) : formatMetric(value, metric);

/** A mean with its 95 % interval, short enough for a cell: `97.2 % (93.4 to 99.9)`. */
export function formatWithInterval(metric: Pick<Metric, 'unit'>, { mean, interval }: Summary): string {
  const text = formatMetric(mean, metric);
  if (interval.low === interval.high) return text;
  return `${text} (${formatInterval(interval, writing(metric, { signed: false }), text)})`;
}

/** A number beside an axis, in the unit of `axisLabel`. */
export const formatTick = (metric: Pick<Metric, 'unit'>, value: number): string =>
  new Intl.NumberFormat('en-GB', {
    notation: metric.unit === 'bytes' || Math.abs(value) >= 1e6 ? 'compact' : 'standard',
    maximumSignificantDigits: 4,
  }).format(metric.unit === 'fraction' ? 100 * value : value);

/** Name of a value axis with its unit. */
export function axisLabel(metric: Metric): string {
  const unit = { fraction: ' (%)', number: '', seconds: ' (s)', bytes: ' (bytes)' }[metric.unit];
  return `${capitalized(metric.label)}${unit}`;
}
