import type { Metric } from '../experiment.js';
import { capitalized, formatMetric } from '../format.js';

/** A coordinate, short. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A number beside an axis, in the unit of `axisLabel`. */
export function formatTick(value: number, { unit }: Pick<Metric, 'unit'>): string {
  if (unit === 'bytes') return formatMetric(value, { unit });
  const shown = Number((unit === 'fraction' ? 100 * value : value).toPrecision(4));
  const size = Math.abs(shown);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6)
      ? shown.toExponential().replace('e+', 'e')
      : shown.toLocaleString('en-GB', { maximumFractionDigits: 6 });
  return text.replaceAll('-', '−');
}

/** Name of a value axis with its unit; bytes carry theirs, which is now kB, now MB. */
export function axisLabel({ label, unit }: Pick<Metric, 'label' | 'unit'>): string {
  const units = { fraction: ' (%)', number: '', seconds: ' (s)', bytes: '' };
  return `${capitalized(label)}${units[unit]}`;
}

/** `1 seed`, `3 seeds`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
