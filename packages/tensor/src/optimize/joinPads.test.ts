import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import { grad, mul, relu, slice, sum, type Tensor, tensor } from '../index.js';
import { simplify } from './simplify.js';

const given = (rows: number, columns: number) =>
  tensor(
    Float64Array.from({ length: rows * columns }, (_, i) => i + 1),
    { shape: [rows, columns] },
  );
const namesOf = (result: Tensor) => applicationsOf(simplify([result])).map(({ primitive }) => primitive.name);

/** Uses the columns between the bounds, in the order given, each its own way. */
const using = (pieces: readonly (readonly [start: number, end: number])[]) => (x: Tensor) =>
  pieces
    .map(([start, end], i) => {
      const piece = slice(x, [0, start], [x.length(0), end]);
      return sum(mul(relu(piece), i + 1));
    })
    .reduce((a, b) => a.add(b));

describe('gradients of pieces', () => {
  it.each<[string, [number, number][]]>([
    [
      'in order',
      [
        [0, 2],
        [2, 4],
        [4, 6],
      ],
    ],
    [
      'backwards',
      [
        [4, 6],
        [2, 4],
        [0, 2],
      ],
    ],
    [
      'with a gap until the last',
      [
        [0, 1],
        [3, 6],
        [1, 3],
      ],
    ],
    [
      'of four gates, anyhow',
      [
        [2, 3],
        [0, 2],
        [5, 6],
        [3, 5],
      ],
    ],
  ])('that make up the whole are joined by one Concat: %s', (_, pieces) => {
    const names = namesOf(grad(using(pieces))(given(2, 6)));
    expect(names.filter((name) => name === 'concat')).toHaveLength(1);
    expect(names.filter((name) => name === 'pad' || name === 'add')).toEqual([]);
  });

  it('that leave the ends out are joined and padded once', () => {
    const names = namesOf(
      grad(
        using([
          [1, 2],
          [2, 5],
        ]),
      )(given(2, 6)),
    );
    expect(names.filter((name) => ['concat', 'pad', 'add'].includes(name))).toEqual(['concat', 'pad']);
  });

  it('that overlap, or leave a gap, are added', () => {
    for (const pieces of [
      [
        [0, 3],
        [2, 6],
      ],
      [
        [0, 2],
        [3, 6],
      ],
    ] as [number, number][][]) {
      const names = namesOf(grad(using(pieces))(given(2, 6)));
      expect(names.filter((name) => ['concat', 'pad', 'add'].includes(name)).sort()).toEqual([
        'add',
        'pad',
        'pad',
      ]);
    }
  });

  it('are what they were, whatever the pieces', async () => {
    const piece = fc
      .tuple(fc.nat(4), fc.integer({ min: 1, max: 4 }))
      .map(([start, length]) => [start, Math.min(5, start + length)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 5 }), async (pieces) => {
        const x = given(2, 5);
        const expected = Array.from({ length: 10 }, (_, at) =>
          pieces.reduce(
            (total, [start, end], i) => (at % 5 >= start && at % 5 < end ? total + i + 1 : total),
            0,
          ),
        );
        expect(Array.from(await grad(using(pieces))(x).data(), Number)).toEqual(expected);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
