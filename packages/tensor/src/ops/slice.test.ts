import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, pad, randomKey, type Shape, slice, type Tensor, tensor, zeros } from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape) => normal(randomKey(5), shape, { dtype: 'float64' });
const counter = (length: number) => tensor(Int32Array.from({ length }, (_, i) => i));

describe('slices with steps', () => {
  it.each<[start: number | undefined, end: number | undefined, step: number, number[]]>([
    [undefined, undefined, 2, [0, 2, 4]],
    [1, undefined, 2, [1, 3]],
    [1, -1, 3, [1]],
    [undefined, undefined, -1, [4, 3, 2, 1, 0]],
    [undefined, undefined, -2, [4, 2, 0]],
    [3, 0, -1, [3, 2, 1]],
    [-2, undefined, -2, [3, 1]],
    [5, undefined, -3, [4, 1]],
    [1, 3, -1, []],
    [4, 2, 1, []],
    [0, 5, 9, [0]],
  ])('from %s to %s by %s', async (start, end, step, expected) => {
    expect(await slice(counter(5), [start], [end], [step]).toArray()).toEqual(expected);
  });

  it('equal picking elements one by one', async () => {
    const bound = fc.option(fc.integer({ min: -4, max: 4 }), { nil: undefined });
    const step = fc.integer({ min: -5, max: 5 }).filter((each) => each !== 0);
    await fc.assert(
      fc.asyncProperty(bound, bound, step, async (start, end, by) => {
        const from = start === undefined ? (by < 0 ? 3 : 0) : start < 0 ? start + 4 : start;
        const to = end === undefined ? (by < 0 ? -1 : 4) : end < 0 ? end + 4 : end;
        const expected: number[] = [];
        for (let i = by < 0 ? Math.min(from, 3) : from; by < 0 ? i > to : i < to; i += by) expected.push(i);
        expect(await slice(counter(4), [start], [end], [by]).toArray()).toEqual(expected);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('have right first and second derivatives', async () => {
    const functions: ((x: Tensor) => Tensor)[] = [
      (x) => slice(x, [1, undefined], [], [2, -1]),
      (x) => slice(x, [undefined, 3], [undefined, 0], [-2, -2]),
      (x) => slice(x, [0, 1], [1, 4], [1, 3]),
      (x) => slice(x, [2], [2], [3]),
    ];
    for (const fn of functions) {
      for (const shape of [
        [4, 5],
        [3, 4],
      ]) {
        const squared = (x: Tensor) => fn(x.mul(x));
        expect(await gradientError(squared, [random(shape)])).toBeLessThan(1e-6);
        expect(await secondGradientError(squared, [random(shape)])).toBeLessThan(1e-6);
      }
    }
  });

  it('of scalars are the scalars', async () => {
    expect(await slice(pad(tensor(3), [], []), []).toArray()).toBe(3);
  });

  it('refuse what does not fit', () => {
    expect(() => slice(zeros([3]), [], [], [0])).toThrow(
      'slice: steps: expected integers other than 0, got [0]',
    );
    expect(() => slice(zeros([3]), [4])).toThrow('slice: 4 is outside an axis of length 3 of [3]');
    expect(() => slice(zeros([3]), [], [], [1, 1])).toThrow('slice: 2 bounds for [3]');
  });
});
