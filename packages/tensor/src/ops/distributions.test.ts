import { describe, expect, it } from 'vitest';
import {
  categorical,
  exponential,
  gumbel,
  laplace,
  randint,
  randomKey,
  type Tensor,
  tensor,
  truncatedNormal,
  zeros,
} from '../index.js';

const count = 40_000;

/** Moments of draws, as far as they identify a distribution. */
async function moments(draws: Tensor) {
  const values = Array.from(await draws.data(), Number);
  const average = (of: (value: number) => number) =>
    values.reduce((total, value) => total + of(value), 0) / values.length;
  const mean = average((value) => value);
  return {
    values,
    mean,
    variance: average((value) => (value - mean) ** 2),
    third: average((value) => (value - mean) ** 3),
  };
}

/** Pearson's statistic of counts against expected ones. */
const chiSquare = (counts: readonly number[], expected: readonly number[]) =>
  counts.reduce((total, each, i) => total + (each - expected[i]!) ** 2 / expected[i]!, 0);

function tally(values: Iterable<number>, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value]!++;
  return counts;
}

describe.each(['float32', 'float64'] as const)('draws in %s', (dtype) => {
  const options = { dtype };

  it('have the moments of their distributions', async () => {
    const key = randomKey(1);
    const cases: [Tensor, mean: number, variance: number, third: number][] = [
      [gumbel(key, [count], options), 0.5772156649, Math.PI ** 2 / 6, 2.4041138063],
      [exponential(key, [count], options), 1, 1, 2],
      [laplace(key, [count], options), 0, 2, 0],
      [truncatedNormal(key, [count], options), 0, 0.7737413, 0],
      [truncatedNormal(key, [count], { low: 0, high: 5, dtype }), 0.797882, 0.363373, 0.217924],
    ];
    for (const [draws, mean, variance, third] of cases) {
      const found = await moments(draws);
      expect(Math.abs(found.mean - mean)).toBeLessThan(0.03);
      expect(Math.abs(found.variance - variance)).toBeLessThan(0.06);
      expect(Math.abs(found.third - third)).toBeLessThan(0.35);
      expect(draws.dtype).toBe(dtype);
    }
  });

  it('fill their distributions evenly', async () => {
    // Each is taken to [0, 1) by its distribution function.
    const evened: [Tensor, (value: number) => number][] = [
      [gumbel(randomKey(2), [count], options), (value) => Math.exp(-Math.exp(-value))],
      [exponential(randomKey(3), [count], options), (value) => 1 - Math.exp(-value)],
      [
        laplace(randomKey(4), [count], options),
        (value) => (value < 0 ? Math.exp(value) / 2 : 1 - Math.exp(-value) / 2),
      ],
    ];
    for (const [draws, level] of evened) {
      const { values } = await moments(draws);
      const counts = tally(
        values.map((value) => Math.min(15, Math.floor(level(value) * 16))),
        16,
      );
      expect(chiSquare(counts, new Array(16).fill(count / 16))).toBeLessThan(37.7); // 15 degrees of freedom, 0.1 %
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('of truncated normal numbers stay between their bounds', async () => {
    for (const [low, high] of [
      [-2, 2],
      [0.5, 0.75],
      [1, Number.POSITIVE_INFINITY],
    ] as const) {
      const { values } = await moments(truncatedNormal(randomKey(5), [5000], { low, high, dtype }));
      expect(values.every((value) => value >= low && value <= high && Number.isFinite(value))).toBe(true);
    }
  });

  it('of categories come as often as their probabilities say', async () => {
    const weights = [1, 2, 3, 0, 4];
    const logits = tensor(weights.map(Math.log), dtype);
    const { values } = await moments(categorical(randomKey(6), logits, { samples: count }));
    const counts = tally(values, 5);
    expect(counts[3]).toBe(0);
    const drawn = [0, 1, 2, 4];
    const expected = drawn.map((i) => (weights[i]! / 10) * count);
    expect(
      chiSquare(
        drawn.map((i) => counts[i]!),
        expected,
      ),
    ).toBeLessThan(16.3); // 3 degrees of freedom, 0.1 %
  });
});

describe('draws', () => {
  it('of integers cover their range evenly, at both ends of int32 too', async () => {
    const { values } = await moments(randint(randomKey(7), [count], -3, 7));
    const counts = tally(
      values.map((value) => value + 3),
      10,
    );
    expect(chiSquare(counts, new Array(10).fill(count / 10))).toBeLessThan(27.9); // 9 degrees of freedom, 0.1 %
    const all = await moments(randint(randomKey(8), [count], -(2 ** 31), 2 ** 31));
    expect(Math.abs(all.mean / 2 ** 31)).toBeLessThan(0.02);
    expect(all.variance / 2 ** 62).toBeCloseTo(1 / 3, 2);
    expect(await randint(randomKey(9), [3], 2 ** 31 - 1, 2 ** 31).toArray()).toEqual(
      new Array(3).fill(2 ** 31 - 1),
    );
  });

  it('are the same bits everywhere, and for the same key only', async () => {
    expect(await randint(randomKey(10), [6], 0, 1000).toArray()).toEqual([250, 860, 220, 884, 456, 131]);
    const draw = async (seed: number) => [...(await gumbel(randomKey(seed), [50]).data())];
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
  });

  it('of categories lie along any axis, with their samples first', async () => {
    const logits = tensor([
      [0, -Infinity],
      [-Infinity, 0],
      [-Infinity, -Infinity],
    ]);
    expect(await categorical(randomKey(1), logits, { axis: 0 }).toArray()).toEqual([0, 1]);
    const drawn = categorical(randomKey(1), logits, { axis: 0, samples: 2 });
    expect(await drawn.toArray()).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(categorical(randomKey(1), zeros([4, 3, 2])).shape).toEqual([4, 3]);
    expect(await categorical(randomKey(1), zeros([2, 3]), { samples: 0 }).toArray()).toEqual([]);
  });

  const key = randomKey(0);
  it.each<[() => unknown, string]>([
    [
      () => randint(key, [2], 3, 3),
      'randint: expected integers of int32, the first below the second, got 3 and 3',
    ],
    [() => randint(key, [2], 0.5, 3), 'got 0.5 and 3'],
    [() => randint(key, [2], 0, 2 ** 31 + 1), 'got 0 and 2147483649'],
    [
      () => truncatedNormal(key, [2], { low: 2, high: 1 }),
      'truncatedNormal: low must be below high, got 2 and 1',
    ],
    [() => gumbel(key, [2], { dtype: 'int32' }), 'uniform: expected float32 or float64, got int32'],
    [() => gumbel(key, [-1]), 'a shape is made of non-negative integers, got [-1]'],
    [() => categorical(key, zeros([2, 0])), 'categorical: axis -1 of [2, 0] has nothing to draw from'],
    [() => categorical(key, zeros([2], 'int32')), 'categorical: expected float32 or float64, got int32'],
    [() => categorical(key, zeros([2]), { samples: -1 }), 'categorical: samples: a shape is made of'],
    [() => exponential(zeros([2]), [3]), 'randomBits: expected a random key (uint32 [2]), got float32 [2]'],
  ])('case %#: %s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
