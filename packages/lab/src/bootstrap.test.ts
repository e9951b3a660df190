import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { average } from './average.js';
import { bootstrapInterval } from './bootstrap.js';

/** From two values, all resamples of which are looked at, to twelve, of which resamples are drawn. */
const someValues = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 12 });

const near = (value: number, expected: number, scale: number): void => {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * scale);
};

const sizeOf = (values: readonly number[]): number => Math.max(1, ...values.map(Math.abs));

describe('bootstrapInterval', () => {
  it('reaches over all of three values, and over less than all of five', () => {
    expect(bootstrapInterval([3, 1, 2])).toEqual({ low: 1, high: 3 });
    // Of 3,125 resamples of 0 to 4, the 79th from either end: sums to 3 are 56, to 4 are 126.
    const { low, high } = bootstrapInterval([0, 1, 2, 3, 4]);
    near(low, 0.8, 1);
    near(high, 3.2, 1);
  });

  it('is a point for one value and for equal ones', () => {
    expect(bootstrapInterval([0.1])).toEqual({ low: 0.1, high: 0.1 });
    expect(bootstrapInterval([0.1, 0.1, 0.1])).toEqual({ low: 0.1, high: 0.1 });
    expect(bootstrapInterval(Array(10).fill(0.7))).toEqual({ low: 0.7, high: 0.7 });
  });

  it('contains the mean and lies within the values', () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const { low, high } = bootstrapInterval(values);
        const mean = average([...values].sort((a, b) => a - b));
        expect(low).toBeLessThanOrEqual(mean);
        expect(high).toBeGreaterThanOrEqual(mean);
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(high).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  it('does not depend on the order of the seeds', () => {
    const shuffled = someValues.chain((values) =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
    );
    fc.assert(
      fc.property(shuffled, ([values, others]) => {
        expect(bootstrapInterval(others)).toEqual(bootstrapInterval(values));
      }),
    );
  });

  it('moves with the values, grows with them and turns with their sign', () => {
    const change = fc.record({
      values: someValues,
      by: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      times: fc.double({ min: 0.001, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(change, ({ values, by, times }) => {
        const { low, high } = bootstrapInterval(values);
        const moved = bootstrapInterval(values.map((value) => value + by));
        const scale = sizeOf(values) + Math.abs(by);
        near(moved.low, low + by, scale);
        near(moved.high, high + by, scale);
        const grown = bootstrapInterval(values.map((value) => value * times));
        near(grown.low, low * times, sizeOf(values) * times);
        near(grown.high, high * times, sizeOf(values) * times);
        const turned = bootstrapInterval(values.map((value) => -value));
        near(turned.low, -high, scale);
        near(turned.high, -low, scale);
      }),
    );
  });

  it.each([
    [3, 4000, 0.75],
    [5, 2000, 0.84],
    [10, 1000, 0.89],
  ])('contains the true mean of %d normal values as often as its text says', (count, trials, expected) => {
    const normal = normals(7);
    let hits = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = bootstrapInterval(Array.from({ length: count }, normal));
      if (low <= 0 && high >= 0) hits++;
    }
    // Two standard errors of a share of 0.8 in 1000 trials.
    expect(Math.abs(hits / trials - expected)).toBeLessThan(0.025);
  });

  it('refuses nothing and what is not finite', () => {
    expect(() => bootstrapInterval([])).toThrow('bootstrapInterval: values: got none');
    expect(() => bootstrapInterval([1, Number.POSITIVE_INFINITY])).toThrow('got Infinity');
  });
});

/** Standard normal values from a linear congruential generator with the multiplier of MINSTD, by Box and Muller. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 48271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
