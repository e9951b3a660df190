import type { Summary } from './results.js';

/**
 * Mean and sample standard deviation; the latter is 0 for a single value.
 * @throws RangeError when there is no value or one that is not finite.
 */
export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('summarize: values: got none, expected at least one');
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new RangeError(`summarize: values: got ${odd}, expected finite numbers`);
  const mean = average(values);
  if (values.length === 1) return { mean, std: 0 };
  const squares = values.map((value) => (value - mean) ** 2);
  return { mean, std: Math.sqrt((average(squares) * values.length) / (values.length - 1)) };
}

/** Clamped, so that rounding does not take equal values apart from their mean. */
function average(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.min(Math.max(mean, Math.min(...values)), Math.max(...values));
}
