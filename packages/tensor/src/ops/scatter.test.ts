import { describe, expect, it } from 'vitest';
import {
  dynamicSlice,
  dynamicUpdateSlice,
  gatherNd,
  normal,
  randomKey,
  type Shape,
  scatterAdd,
  scatterSet,
  segmentSum,
  type Tensor,
  take,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape, key = 5) => normal(randomKey(key), shape, { dtype: 'float64' });
const int = (
  numbers: number | readonly number[] | readonly (readonly number[])[],
  dtype: 'int32' | 'int64' = 'int32',
) => tensor(numbers, dtype);
const matrix = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

describe('scattering and segments', () => {
  it('adds to slices, also several times to one', async () => {
    const updates = tensor([
      [10, 20, 30],
      [1, 1, 1],
      [100, 0, 0],
    ]);
    expect(await scatterAdd(matrix(), int([1, 0, 1]), updates).toArray()).toEqual([
      [2, 3, 4],
      [114, 25, 36],
    ]);
    expect(
      await scatterAdd(
        matrix(),
        int([2, 0], 'int64'),
        tensor([
          [1, 2],
          [3, 4],
        ]),
        1,
      ).toArray(),
    ).toEqual([
      [3, 2, 4],
      [8, 5, 9],
    ]);
    expect(await scatterAdd(matrix(), int(1), tensor([1, 1, 1])).toArray()).toEqual([
      [1, 2, 3],
      [5, 6, 7],
    ]);
  });

  it('replaces slices', async () => {
    expect(await scatterSet(matrix(), int([1]), tensor([[7, 8, 9]])).toArray()).toEqual([
      [1, 2, 3],
      [7, 8, 9],
    ]);
    expect(
      await scatterSet(
        matrix(),
        int([2, 0]),
        tensor([
          [7, 8],
          [9, 0],
        ]),
        -1,
      ).toArray(),
    ).toEqual([
      [8, 2, 7],
      [0, 5, 9],
    ]);
    expect(await scatterSet(matrix(), int([]), zeros([0, 3])).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('reads back what it wrote', async () => {
    const [target, updates, index] = [random([4, 3]), random([4, 2], 6), int([2, 0])];
    expect(await take(scatterSet(target, index, updates, 1), index, 1).toArray()).toEqual(
      await updates.toArray(),
    );
  });

  it('sums segments', async () => {
    expect(
      await segmentSum(
        tensor([
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
        int([2, 0, 2]),
        4,
      ).toArray(),
    ).toEqual([
      [3, 4],
      [0, 0],
      [6, 8],
      [0, 0],
    ]);
    expect(await segmentSum(tensor([1, 2, 3], 'int32'), int([0, 0, 1]), 2).toArray()).toEqual([3, 3]);
  });

  it('picks blocks at places of several axes', async () => {
    expect(
      await gatherNd(
        matrix(),
        int([
          [0, 2],
          [-1, 0],
        ]),
      ).toArray(),
    ).toEqual([3, 4]);
    expect(await gatherNd(matrix(), int([[1], [1]])).toArray()).toEqual([
      [4, 5, 6],
      [4, 5, 6],
    ]);
  });

  it('reads and writes pieces at places that are known late', async () => {
    const line = tensor([0, 1, 2, 3, 4]);
    for (const [start, expected] of [
      [0, [0, 1]],
      [2, [2, 3]],
      [9, [3, 4]],
      [-1, [0, 1]],
    ] as const) {
      expect(await dynamicSlice(line, int(start), 2).toArray()).toEqual(expected);
      const written = await dynamicUpdateSlice(line, tensor([8, 9]), int(start, 'int64')).toArray();
      expect(written).toEqual(
        [0, 1, 2, 3, 4].map((each) =>
          (expected as readonly number[]).includes(each) ? 8 + each - expected[0] : each,
        ),
      );
    }
    expect(await dynamicSlice(matrix(), int(1), 2, -1).toArray()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(await dynamicUpdateSlice(matrix(), tensor([[7], [8]]), int(1), 1).toArray()).toEqual([
      [1, 7, 3],
      [4, 8, 6],
    ]);
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const cases: [(...x: Tensor[]) => Tensor, Shape[]][] = [
      [
        (a, b) => scatterAdd(a!, int([1, 1, 0]), b!, 1),
        [
          [2, 3],
          [2, 3],
        ],
      ],
      [
        (a, b) => scatterSet(a!, int([2, 0]), b!, 1),
        [
          [2, 3],
          [2, 2],
        ],
      ],
      [(a) => segmentSum(a!, int([1, 0, 1]), 3), [[3, 2]]],
      [
        (a) =>
          gatherNd(
            a!,
            int([
              [1, 0],
              [1, 0],
              [-1, -1],
            ]),
          ),
        [[2, 2, 2]],
      ],
      [(a) => dynamicSlice(a!, int(1), 2, 1), [[2, 4]]],
      [
        (a, b) => dynamicUpdateSlice(a!, b!, int(1), 1),
        [
          [2, 4],
          [2, 2],
        ],
      ],
    ];
    for (const [fn, shapes] of cases) {
      const squares = (...x: Tensor[]) => fn(...x.map((each) => each.mul(each)));
      const inputs = shapes.map((shape, i) => random(shape, i));
      expect(await gradientError(squares, inputs), String(fn)).toBeLessThan(1e-6);
      expect(await secondGradientError(squares, inputs), String(fn)).toBeLessThan(1e-6);
    }
  });

  it('refuses what does not fit', async () => {
    const x = zeros([2, 3]);
    const attempts: [() => unknown, string][] = [
      [
        () => scatterAdd(x, int([0]), zeros([2, 3])),
        'scatterAdd: updates of [2, 3] should be [1, 3], got [2, 3]',
      ],
      [
        () => scatterAdd(x, zeros([1]), zeros([1, 3])),
        'scatterAdd: indices must be int32 or int64, got float32',
      ],
      [
        () => scatterSet(x, int([0]), zeros([1, 3], 'float64')),
        'scatterSet: dtypes differ: float32 and float64',
      ],
      [() => segmentSum(x, int([0]), 2), 'segmentSum: expected one segment for each row of [2, 3], got [1]'],
      [() => gatherNd(x, int([[0, 0, 0]])), 'gatherNd: indices [1, 3] do not fit into [2, 3]'],
      [() => dynamicSlice(x, int(0), 3), 'dynamicSlice: 3 does not fit into axis 0 of [2, 3]'],
      [() => dynamicSlice(x, int([0]), 1), 'dynamicSlice: start: expected a scalar, got [1]'],
      [
        () => dynamicUpdateSlice(x, zeros([1, 2]), int(0)),
        'dynamicUpdateSlice: shapes differ outside axis 0: [2, 3] and [1, 2]',
      ],
    ];
    for (const [attempt, message] of attempts) expect(attempt).toThrow(message);
    await expect(scatterAdd(x, int([2]), zeros([1, 3])).data()).rejects.toThrow('outside');
  });
});
