import { describe, expect, it } from 'vitest';
import {
  add,
  argMax,
  bernoulli,
  cast,
  concat,
  erf,
  foldIn,
  grad,
  iota,
  matMul,
  normal,
  oneHot,
  ones,
  pad,
  randomBits,
  randomKey,
  reshape,
  slice,
  split,
  splitKey,
  squeeze,
  sum,
  type Tensor,
  take,
  takeAlong,
  tensor,
  transpose,
  triangle,
  uniform,
  where,
  zeros,
} from '../index.js';

describe('matMul of nothing', () => {
  const swapped = ([...shape]: number[], transposed: boolean) =>
    transposed ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
  it.each([
    [
      [0, 2, 3],
      [3, 4],
      [0, 2, 4],
    ],
    [
      [2, 2, 0],
      [2, 0, 4],
      [2, 2, 4],
    ],
    [
      [0, 3],
      [3, 4],
      [0, 4],
    ],
  ])('%j · %j has zeros alone', async (a, b, expected) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const product = matMul(ones(swapped(a, transposeA)), ones(swapped(b, transposeB)), {
          transposeA,
          transposeB,
        });
        expect(product.shape).toEqual(expected);
        expect((await product.data()).every((each) => each === 0)).toBe(true);
      }
    }
  });
});

describe('shapes and dtypes that do not fit', () => {
  const [a, b] = [zeros([2, 3]), zeros([4, 3])];
  it.each<[() => unknown, string]>([
    [() => matMul(a, b), 'matMul: inner dimensions differ: [2, 3] · [4, 3]'],
    [() => matMul(a, b, { transposeA: true }), 'matMul: inner dimensions differ: [2, 3]ᵀ · [4, 3]'],
    [() => matMul(a, zeros([2])), 'matMul: inner dimensions differ: [2, 3] · [2]'],
    [() => matMul(a, zeros([])), 'matMul: expected vectors or matrices, got [2, 3] · []'],
    [() => matMul(zeros([2, 2, 3]), zeros([3, 3, 1])), 'do not broadcast: [2] and [3]'],
    [() => add(a, b), 'add: shapes do not broadcast: [2, 3] and [4, 3]'],
    [() => add(a, zeros([3], 'float64')), 'add: dtypes differ: float32 and float64; convert one with cast()'],
    [() => add(tensor([true]), 1), 'add: expected numbers, got bool'],
    [() => zeros([2], 'int32').add(0.5), 'tensor: 0.5 is not a value of int32'],
    [() => zeros([2], 'int32').exp(), 'exp: expected float32 or float64, got int32'],
    [() => where(a, a, a), 'where: expected bool, got float32'],
    [() => reshape(a, [4, 2]), 'reshape: [2, 3] has 6 elements, [4, 2] has 8'],
    [() => reshape(a, [-1, 4]), 'reshape: a shape is made of non-negative integers'],
    [() => transpose(a, [0, 0]), 'transpose: [0, 0] is no permutation of the axes of [2, 3]'],
    [() => sum(a, { axis: 2 }), 'sum: axis 2 is outside a tensor of rank 2'],
    [() => sum(a, { axis: [0, -2] }), 'sum: axes repeat'],
    [() => concat([a, zeros([2])]), 'concat: shapes differ outside axis 0: [2, 3] and [2]'],
    [() => concat([]), 'concat: expected at least one tensor'],
    [() => slice(a, [0, 4]), 'slice: 4 is outside an axis of length 3 of [2, 3]'],
    [() => pad(a, [1], [1]), 'pad: expected 2 non-negative counts'],
    [() => split(a, 2, 1), 'split: pieces'],
    [() => squeeze(a, 0), 'squeeze: axis 0 of [2, 3] has length 2, not 1'],
    [() => takeAlong(a, a), 'takeAlong: indices must be int32 or int64, got float32'],
    [
      () => takeAlong(a, zeros([3, 1], 'int32')),
      'takeAlong: indices [3, 1] and input [2, 3] differ outside axis 1',
    ],
    [() => tensor([[1, 2], [3]]), 'tensor: nested arrays are ragged at depth 1: expected shape [2, 2]'],
    [() => tensor(new Float32Array(3), { shape: [2, 2] }), 'tensor: 3 elements do not fill shape [2, 2]'],
    [() => tensor([1.5], 'int32'), 'tensor: 1.5 is not a value of int32'],
    [() => tensor([2 ** 33], 'int32'), 'is not a value of int32'],
    [() => tensor([1], 'float8' as never), 'tensor: unknown dtype float8'],
    [() => zeros([1.5]), 'a shape is made of non-negative integers, got [1.5]'],
    [() => randomKey(-1), 'randomKey: seed must be a non-negative safe integer, got -1'],
    [() => uniform(zeros([2]), [3]), 'randomBits: expected a random key (uint32 [2]), got float32 [2]'],
    [() => uniform(7 as never, [3]), 'randomBits: expected a random key, such as randomKey(0), got 7'],
    [() => uniform(randomKey(0), [3], { low: 1, high: 1 }), 'uniform: low must be below high'],
    [
      () => bernoulli(randomKey(0), 1.5, [3]),
      'bernoulli: probability: got 1.5, expected a number from 0 to 1',
    ],
  ])('case %#: %s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});

describe('values', () => {
  it('erf in float64 is right to 1e-14', async () => {
    const known = [
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [1, 0.8427007929497149],
      [2.5, 0.999593047982555],
      [-1, -0.8427007929497149],
    ];
    const values = await erf(
      tensor(
        known.map(([x]) => x!),
        'float64',
      ),
    ).data();
    known.forEach(([, expected], i) => {
      expect(Math.abs(Number(values[i]) - expected!)).toBeLessThan(1e-14);
    });
  });

  it('argMax takes the first of equals', async () => {
    expect(
      await argMax(
        tensor([
          [1, 3, 3],
          [5, 5, 0],
        ]),
      ).toArray(),
    ).toEqual([1, 0]);
  });

  it('one-hot rows, counting and triangles', async () => {
    expect(await oneHot(tensor([2, 0, 5], 'int32'), 3).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    expect(await iota(4).toArray()).toEqual([0, 1, 2, 3]);
    expect(await triangle(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [1, 1, 0],
    ]);
  });

  it('the gradient of take adds up every row, however many threads share the work', async () => {
    const [rows, count, width] = [7, 3000, 200];
    const indices = tensor(Int32Array.from({ length: count }, (_, i) => (i * i) % rows));
    const total = grad((table: Tensor) => sum(take(table, indices)))(zeros([rows, width]));
    const counts = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: count }, (_, i) => Number((i * i) % rows === row)).reduce((a, b) => a + b),
    );
    expect(await total.toArray()).toEqual(counts.map((each) => new Array(width).fill(each)));
  });

  it('integers keep all their bits', async () => {
    expect(
      await tensor([2 ** 31 - 1], 'int32')
        .add(0)
        .toArray(),
    ).toEqual([2 ** 31 - 1]);
    expect([...(await cast(tensor([7], 'int32'), 'int64').data())]).toEqual([7n]);
  });
});

describe('random numbers', () => {
  const statistics = async (draws: Tensor) => {
    const values = (await draws.data()) as Float32Array;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return { mean, variance: values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length, values };
  };

  it('are the same for the same key and differ between keys', async () => {
    const draw = async (key: Tensor) => [...(await randomBits(key, [100]).data())];
    expect(await draw(randomKey(1))).toEqual(await draw(randomKey(1)));
    const [first, second] = splitKey(randomKey(1));
    const streams = [
      randomKey(1),
      randomKey(2),
      first,
      second,
      foldIn(first, 0),
      foldIn(first, 1),
      foldIn(first, tensor(2, 'int32')),
    ];
    const seen = new Set((await Promise.all(streams.map(draw))).flat());
    expect(seen.size).toBeGreaterThan(streams.length * 100 - 3);
  });

  it('fold in numbers and tensors alike', async () => {
    const key = randomKey(3);
    expect(await foldIn(key, 5).data()).toEqual(await foldIn(key, tensor(5, 'int32')).data());
  });

  it('uniform ones fill their range evenly', async () => {
    const { mean, variance, values } = await statistics(
      uniform(randomKey(4), [100_000], { low: -1, high: 3 }),
    );
    expect(mean).toBeCloseTo(1, 1);
    expect(variance).toBeCloseTo(16 / 12, 1);
    expect(values.every((value) => value >= -1 && value < 3)).toBe(true);
    const counts = new Array(16).fill(0);
    for (const value of values) counts[Math.floor((value + 1) * 4)]++;
    const chiSquare = counts.reduce((total, count) => total + (count - 6250) ** 2 / 6250, 0);
    expect(chiSquare).toBeLessThan(37.7); // 15 degrees of freedom, 0.1 %
  });

  it('normal ones have mean 0, variance 1 and independent neighbours, also an odd number of them', async () => {
    const { mean, variance, values } = await statistics(normal(randomKey(5), [100_001]));
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    const correlation =
      values.slice(1).reduce((total, value, i) => total + value * values[i]!, 0) / values.length;
    expect(Math.abs(correlation)).toBeLessThan(0.015);
  });

  it('streams of neighbouring seeds are not correlated', async () => {
    const [a, b] = [
      await statistics(normal(randomKey(8), [50_000])),
      await statistics(normal(randomKey(9), [50_000])),
    ];
    const correlation = a.values.reduce((total, value, i) => total + value * b.values[i]!, 0) / 50_000;
    expect(Math.abs(correlation)).toBeLessThan(0.02);
  });

  it('bernoulli ones come up as often as asked', async () => {
    const share = await cast(bernoulli(randomKey(6), 0.3, [50_000]), 'float32')
      .mean()
      .item();
    expect(share).toBeCloseTo(0.3, 1);
  });
});
