import {
  type ClaimVerdict,
  formatDifference,
  formatMetric,
  type Metric,
  type PaperVerdict,
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

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `1 seed`, `3 seeds`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string => new Intl.ListFormat('en-GB').format(items);

/** Small counts as words: `two`; from ten on as figures. */
export const inWords = (count: number): string =>
  ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'][count] ?? String(count);

/** A mean and the spread around it; the spread is left out where a single seed has none. */
export function formatSpread(
  metric: Metric,
  { mean, std }: { mean: number; std: number },
  seeds: number,
): string {
  return seeds > 1
    ? `${formatMetric(mean, metric)} ± ${formatMetric(std, metric)}`
    : formatMetric(mean, metric);
}

/** A difference with its sign, such as `+70.0 points` or `−0.2 s`. */
export const formatSigned = (metric: Metric, difference: number): string =>
  `${difference < 0 ? '' : '+'}${formatDifference(difference, metric)}`;

/** Mean and spread of differences, such as `+99.5 ± 0.3 points`; of a single seed without spread. */
export function formatDifferenceSpread(metric: Metric, mean: number, std: number, seeds: number): string {
  const average = formatSigned(metric, mean);
  return seeds > 1 ? `${average.replace(/ points$/, '')} ± ${formatDifference(std, metric)}` : average;
}

/** A number beside an axis, in the unit of `axisLabel`. */
export const formatTick = (metric: Metric, value: number): string =>
  new Intl.NumberFormat('en-GB', {
    notation: metric.unit === 'bytes' || Math.abs(value) >= 1e6 ? 'compact' : 'standard',
    maximumSignificantDigits: 4,
  }).format(metric.unit === 'fraction' ? 100 * value : value);

/** Name of a value axis with its unit. */
export function axisLabel(metric: Metric): string {
  const unit = { fraction: ' (%)', number: '', seconds: ' (s)', bytes: ' (bytes)' }[metric.unit];
  return `${capitalized(metric.label)}${unit}`;
}
