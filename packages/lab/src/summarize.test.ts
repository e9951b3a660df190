import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDifference, summarize } from './summarize.js';

const near = (value: number, expected: number): void => {
  expect(Math.abs(value - expected)).toBeLessThan(1e-9);
};

describe('summarize', () => {
  it('gives the mean, the sample standard deviation and the interval', () => {
    expect(summarize([1, 2, 3])).toEqual({ mean: 2, std: 1, interval: { low: 1, high: 3 } });
    expect(summarize([5])).toEqual({ mean: 5, std: 0, interval: { low: 5, high: 5 } });
  });

  it('keeps the mean within the values', () => {
    const finite = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const { mean } = summarize(values);
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values));
        expect(mean).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });

  it('refuses nothing and what is not finite', () => {
    expect(() => summarize([])).toThrow('got none');
    expect(() => summarize([1, Number.NaN])).toThrow('got NaN');
  });
});

describe('pairedDifference', () => {
  it('subtracts seed by seed', () => {
    expect(pairedDifference([3, 5, 7], [1, 2, 3])).toEqual({
      mean: 3,
      std: 1,
      interval: { low: 2, high: 4 },
    });
    expect(pairedDifference([5], [3])).toEqual({ mean: 2, std: 0, interval: { low: 2, high: 2 } });
  });

  it('is a point where the seeds differ but the difference does not', () => {
    expect(pairedDifference([1, 2, 3], [0, 1, 2])).toEqual({
      mean: 1,
      std: 0,
      interval: { low: 1, high: 1 },
    });
  });

  it('turns its sign with the arms', () => {
    const values = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(values, values), { minLength: 1, maxLength: 8 }), (pairs) => {
        const [a, b] = [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])];
        const [forth, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        near(forth.mean, -back.mean);
        near(forth.std, back.std);
        near(forth.interval.low, -back.interval.high);
      }),
    );
  });

  it('refuses arms with unequal seeds, nothing and what is not finite', () => {
    expect(() => pairedDifference([1], [1, 2])).toThrow(
      'pairedDifference: got 1 and 2 values, expected one of each for every seed',
    );
    expect(() => pairedDifference([], [])).toThrow('pairedDifference: values: got none');
    expect(() => pairedDifference([Number.NaN], [1])).toThrow('pairedDifference: values: got NaN');
  });
});
