import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePool,
  cast,
  globalAveragePool,
  globalMaxPool,
  grad,
  maxPool,
  mul,
  normal,
  type PoolOptions,
  randomKey,
  type Shape,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape) => normal(randomKey(5), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);

/** The elements of each window of one image, by plain loops; padding is left out. */
function windowsByLoops(
  image: readonly number[],
  [h, w]: readonly [number, number],
  kernel: readonly [number, number],
  strides: readonly [number, number],
  padding: readonly [number, number],
): number[][] {
  const windows = [];
  for (let top = -padding[0]; top + kernel[0] <= h + padding[0]; top += strides[0]) {
    for (let left = -padding[1]; left + kernel[1] <= w + padding[1]; left += strides[1]) {
      const elements = [];
      for (let row = Math.max(0, top); row < Math.min(h, top + kernel[0]); row++) {
        for (let column = Math.max(0, left); column < Math.min(w, left + kernel[1]); column++) {
          elements.push(image[row * w + column]!);
        }
      }
      windows.push(elements);
    }
  }
  return windows;
}

const pair = (min: number, max: number) =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })) as fc.Arbitrary<[number, number]>;

describe('pooling', () => {
  it('agrees with plain loops in both dtypes', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        pair(3, 7),
        pair(1, 3),
        pair(1, 3),
        fc.boolean(),
        async (size, kernel, given, padded) => {
          const strides = given[0] === 3 ? kernel : given;
          const padding = kernel.map((n) => (padded ? Math.floor(n / 2) : 0)) as [number, number];
          const x = random([1, 1, ...size]);
          const windows = windowsByLoops(await numbers(x), size, kernel, strides, padding);
          const total = (elements: readonly number[]) => elements.reduce((a, b) => a + b, 0);
          const options = { kernel, strides, padding };
          for (const [dtype, digits] of [
            ['float64', 12],
            ['float32', 5],
          ] as const) {
            const input = cast(x, dtype);
            const expectClose = async (pooled: Tensor, expected: number[]) => {
              const actual = await numbers(pooled);
              expect(actual.length).toBe(expected.length);
              actual.forEach((value, i) => {
                expect(value).toBeCloseTo(expected[i]!, digits);
              });
            };
            await expectClose(
              maxPool(input, options),
              windows.map((each) => Math.max(...each)),
            );
            await expectClose(
              averagePool(input, options),
              windows.map((each) => total(each) / (kernel[0] * kernel[1])),
            );
            await expectClose(
              averagePool(input, { ...options, countPadding: false }),
              windows.map((each) => total(each) / each.length),
            );
          }
        },
      ),
      { numRuns: 15 },
    ),
  );

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const variants: [Shape, PoolOptions][] = [
      [[1, 2, 4, 5], { kernel: 2 }],
      [[1, 1, 5, 4], { kernel: 3, strides: [2, 1], padding: 1 }],
      [[2, 1, 5], { kernel: 2, strides: 1, padding: 'same' }],
      [[1, 1, 1, 1], { kernel: 1 }],
      [[0, 1, 4, 4], { kernel: 2 }],
      [[0, 1, 4, 4], { kernel: 3, strides: 1, padding: 1 }],
    ];
    for (const [shape, options] of variants) {
      for (const [name, pooled] of Object.entries({
        maxPool: (x: Tensor) => maxPool(x, options),
        averagePool: (x: Tensor) => averagePool(x, { ...options, countPadding: false }),
        globalMaxPool,
        globalAveragePool,
      })) {
        const fn = (x: Tensor) => pooled(mul(x, x));
        const [first, second] = [
          await gradientError(fn, [random(shape)]),
          await secondGradientError(fn, [random(shape)]),
        ];
        expect(first, `${name} of ${shape}`).toBeLessThan(1e-6);
        expect(second, `${name} of ${shape}`).toBeLessThan(1e-6);
      }
    }
  });

  it('gives the gradient to the first of equals, in every window', async () => {
    const slope = (options: PoolOptions) =>
      grad((x: Tensor) => sum(maxPool(x, options)))(tensor([[[0, 2, 2, 2]]]));
    expect(await numbers(slope({ kernel: 2 }))).toEqual([0, 1, 1, 0]);
    expect(await numbers(slope({ kernel: 2, strides: 1 }))).toEqual([0, 2, 1, 0]);
  });

  it('passes on NaN and infinities, and never takes padding', async () => {
    const x = tensor([[[Number.NaN, 1, -Infinity, -Infinity, 3, Infinity, -5, -6]]]);
    expect(await numbers(maxPool(x, { kernel: 2 }))).toEqual([Number.NaN, -Infinity, Infinity, -5]);
    expect(await numbers(maxPool(tensor([[[-3, -2]]]), { kernel: 2, padding: 1 }))).toEqual([-3, -2]);
  });

  const x = zeros([1, 1, 4, 4]);
  it.each<[() => unknown, string]>([
    [() => maxPool(x, { kernel: 5 }), 'maxPool: a kernel that reaches over [5, 5] does not fit'],
    [() => maxPool(x, { kernel: 0 }), 'maxPool: kernel: got [0, 0], expected 2 integers of at least 1'],
    [() => averagePool(x, { kernel: 2, padding: 2 }), 'averagePool: padding: got [2, 2]'],
    [() => averagePool(zeros([4, 4]), { kernel: 2 }), 'averagePool: expected [n, c, w] or [n, c, h, w]'],
    [() => globalMaxPool(zeros([4, 4])), 'globalMaxPool: expected'],
    [() => maxPool(zeros([1, 1, 4], 'int32'), { kernel: 2 }), 'maxPool: expected float32 or float64'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
