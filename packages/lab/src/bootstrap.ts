import { average, checkFinite } from './average.js';
import type { Interval } from './results.js';

/** Up to six values all resamples are looked at: 6⁶ = 46,656. */
const mostEnumerated = 50_000;

/** Drawn where there are more; every second one mirrors the one before. */
const resamples = 10_000;

const resampleSeed = 1;

/** Share of the resamples that lies outside on either side. */
const tail = 0.025;

/**
 * The 95 % interval of the mean by the percentile bootstrap: values are drawn again from the given ones, as many and with
 * repetition, and the interval holds the middle 95 % of the means. Of up to six values all resamples count; of more,
 * 10,000 drawn with a fixed seed. The order of the values does not matter. A single value, or equal ones, give a point.
 *
 * What few values cannot tell: the interval knows no spread but that of the values, so it is too narrow for the mean of
 * all seeds that might have been taken. Simulated for normal values it contains the true mean in 75 % of the cases with 3
 * values (it then reaches from the least to the greatest), in 84 % with 5 and in 89 % with 10. A single value says
 * nothing of the spread at all.
 * @throws RangeError when there is no value or one that is not finite.
 */
export function bootstrapInterval(values: readonly number[]): Interval {
  checkFinite('bootstrapInterval', values);
  const sorted = [...values].sort((a, b) => a - b);
  const [least, greatest] = [sorted[0]!, sorted.at(-1)!];
  if (least === greatest) return { low: least, high: least };
  const resampled = sorted.length ** sorted.length <= mostEnumerated ? everyResample : drawnResamples;
  const means = Float64Array.from(resampled(sorted), average).sort();
  const outside = Math.ceil(tail * means.length) - 1;
  const mean = average(sorted);
  // Within the bounds of rounding the mean is never outside.
  return { low: Math.min(means[outside]!, mean), high: Math.max(means[means.length - 1 - outside]!, mean) };
}

function everyResample(values: readonly number[]): number[][] {
  let drawn: number[][] = [[]];
  for (const _ of values) drawn = drawn.flatMap((some) => values.map((value) => [...some, value]));
  return drawn;
}

/** Each with its mirror image, so that values of the other sign have the interval of the other sign. */
function drawnResamples(values: readonly number[]): number[][] {
  const uniform = uniforms(resampleSeed);
  const last = values.length - 1;
  return Array.from({ length: resamples / 2 }, () => {
    const places = values.map(() => Math.floor(uniform() * values.length));
    return [places.map((place) => values[place]!), places.map((place) => values[last - place]!)];
  }).flat();
}

/** Numbers from 0 to below 1 with 32 random bits: a Weyl sequence, mixed (mulberry32). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
