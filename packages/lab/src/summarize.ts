import { average, checkFinite } from './average.js';
import { bootstrapInterval } from './bootstrap.js';
import type { Summary } from './results.js';

/**
 * Mean and sample standard deviation, the latter 0 for a single value, and the 95 % interval of the mean as
 * `bootstrapInterval` gives it.
 * @throws RangeError when there is no value or one that is not finite.
 */
export function summarize(values: readonly number[]): Summary {
  checkFinite('summarize', values);
  const mean = average(values);
  const interval = bootstrapInterval(values);
  if (values.length === 1) return { mean, std: 0, interval };
  const squares = values.map((value) => (value - mean) ** 2);
  return { mean, std: Math.sqrt((average(squares) * values.length) / (values.length - 1)), interval };
}

/**
 * What two arms with the same seeds differ by: the summary of `a` minus `b`, seed by seed.
 * @throws RangeError when the lengths differ, there is no value or one that is not finite.
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Summary {
  if (a.length !== b.length) {
    throw new RangeError(
      `pairedDifference: got ${a.length} and ${b.length} values, expected one of each for every seed`,
    );
  }
  checkFinite('pairedDifference', [...a, ...b]);
  const differences = a.map((value, i) => value - b[i]!);
  return summarize(differences);
}
