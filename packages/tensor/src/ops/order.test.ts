import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  all,
  any,
  argMin,
  argSort,
  cumSum,
  grad,
  mul,
  permutation,
  prod,
  randomKey,
  type Shape,
  shuffle,
  sort,
  sum,
  type Tensor,
  tensor,
  topK,
  uniform,
  zeros,
} from '../index.js';
import { type Differentiable, gradientError, secondGradientError } from '../testing/gradients.js';

const report: string[] = [];
async function check(name: string, fn: Differentiable, input: Tensor): Promise<void> {
  const [first, second] = [await gradientError(fn, [input]), await secondGradientError(fn, [input])];
  report.push(`${name} [${input.shape}]  ${first.toExponential(1)}  ${second.toExponential(1)}`);
  expect(first, `${name}: first derivative`).toBeLessThan(1e-6);
  expect(second, `${name}: second derivative`).toBeLessThan(1e-6);
}
afterAll(() => console.log(`largest relative errors of first and second derivatives\n${report.join('\n')}`));

const random = (shape: Shape) => uniform(randomKey(3), shape, { low: -2, high: 2, dtype: 'float64' });
const shapes: Shape[] = [[5], [2, 3], [1, 4], [3, 1], [0, 2], [2, 0]];

describe('derivatives agree with central differences in float64', () => {
  const functions: Record<string, (x: Tensor) => Tensor> = {
    cumSum: (x) => cumSum(mul(x, x)),
    'cumSum, exclusive and reversed': (x) => cumSum(mul(x, x), { axis: 0, exclusive: true, reverse: true }),
    sort: (x) => sort(mul(x, x)).values,
    'sort, descending, of the first axis': (x) => sort(mul(x, x), { axis: 0, descending: true }).values,
    topK: (x) => topK(mul(x, x), Math.min(2, x.length(-1))).values,
    shuffle: (x) => shuffle(randomKey(5), mul(x, x)),
    prod: (x) => prod(x, { axis: -1 }),
    'prod of all axes': (x) => prod(x),
  };
  it.each(Object.keys(functions))('%s', async (name) => {
    for (const shape of shapes) await check(name, functions[name]!, random(shape));
  });

  it('prod, where one and where several factors are zero', async () => {
    const twoZeros = tensor([0, 3, 0, 2, -1], 'float64');
    await check('prod, two zeros', (x) => prod(x), twoZeros);
    await check('prod, one zero', (x) => prod(x), tensor([4, 0, 2], 'float64'));
    expect(await grad((x: Tensor) => prod(x))(tensor([4, 0, 2])).toArray()).toEqual([0, 8, 0]);
  });
});

describe('cumSum', () => {
  it('adds up from either end, with the element or without', async () => {
    const x = tensor([1, 2, 4]);
    expect(await cumSum(x).toArray()).toEqual([1, 3, 7]);
    expect(await cumSum(x, { exclusive: true }).toArray()).toEqual([0, 1, 3]);
    expect(await cumSum(x, { reverse: true }).toArray()).toEqual([7, 6, 4]);
    expect(await cumSum(x, { exclusive: true, reverse: true }).toArray()).toEqual([6, 4, 0]);
    expect(
      await cumSum(
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          'int32',
        ),
        { axis: 0 },
      ).toArray(),
    ).toEqual([
      [1, 2],
      [4, 6],
    ]);
  });

  it('refuses bool, and axes that are not there', () => {
    expect(() => cumSum(tensor([1], 'bool'))).toThrow('cumSum: expected floats, int32 or int64, got bool');
    expect(() => cumSum(tensor([1]), { axis: 1 })).toThrow('cumSum: axis 1 is outside a tensor of rank 1');
  });
});

describe('ordering', () => {
  it('agrees with JavaScript on random integers, equal ones in their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        async (numbers, descending) => {
          const order = numbers
            .map((_, i) => i)
            .sort((i, j) => (descending ? -1 : 1) * (numbers[i]! - numbers[j]!));
          const { values, indices } = sort(tensor(numbers, 'int32'), { descending });
          expect(await indices.toArray()).toEqual(order);
          expect(await values.toArray()).toEqual(order.map((i) => numbers[i]));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('puts infinities at the ends, and orders uint32 above 2³¹', async () => {
    const [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    expect(await sort(tensor([high, 0, low, 1])).values.toArray()).toEqual([low, 0, 1, high]);
    expect(await argSort(tensor([4e9, 1, 3e9], 'uint32')).toArray()).toEqual([1, 2, 0]);
  });

  it('takes the largest, the first of equals, and none', async () => {
    const { values, indices } = topK(
      tensor([
        [1, 5, 5],
        [7, 2, 3],
      ]),
      2,
    );
    expect(await values.toArray()).toEqual([
      [5, 5],
      [7, 3],
    ]);
    expect(await indices.toArray()).toEqual([
      [1, 2],
      [0, 2],
    ]);
    expect(topK(tensor([1, 2]), 0).values.shape).toEqual([0]);
    expect(await topK(tensor([1, 2]), 0).values.toArray()).toEqual([]);
  });

  it('refuses bool and counts beyond the axis', () => {
    expect(() => topK(tensor([1, 2]), 3)).toThrow('topK: count 3 does not fit axis -1 of [2]');
    expect(() => argSort(tensor([1], 'bool'))).toThrow('argSort: got bool; convert it with cast() first');
  });

  it('permutes: every number once, another order for another key', async () => {
    const [a, b] = await Promise.all([1, 2].map((seed) => permutation(randomKey(seed), 50).data()));
    expect([...a!].map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...a!]).not.toEqual([...b!]);
    expect(await permutation(randomKey(1), 0).toArray()).toEqual([]);
  });
});

describe('reductions', () => {
  it('multiply over any axes, and give 1 of none', async () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(await prod(x).item()).toBe(720);
    expect(await prod(x, { axis: 0 }).toArray()).toEqual([4, 10, 18]);
    expect(await prod(x, { axis: 1, keepAxes: true }).toArray()).toEqual([[6], [120]]);
    expect(await prod(zeros([0, 2]), { axis: 0 }).toArray()).toEqual([1, 1]);
    expect(() => prod(tensor([1], 'int32'))).toThrow('prod: expected float32 or float64, got int32');
  });

  it('ask whether any and all hold, also of none', async () => {
    const x = tensor(
      [
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      'bool',
    );
    expect(await sum(any(x, { axis: 1 }).cast('int32')).item()).toBe(2);
    expect(await all(x, { axis: 1 }).cast('int32').toArray()).toEqual([0, 1, 0]);
    expect(await any(tensor([], 'bool')).cast('int32').item()).toBe(0);
    expect(await all(tensor([], 'bool')).cast('int32').item()).toBe(1);
    expect(() => any(tensor([1]))).toThrow('any: expected bool, got float32');
  });

  it('find the first of the smallest', async () => {
    expect(
      await argMin(
        tensor([
          [3, 1, 1],
          [2, 2, 5],
        ]),
      ).toArray(),
    ).toEqual([1, 0]);
  });
});
