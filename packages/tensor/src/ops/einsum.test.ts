import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applicationsOf } from '../graph/primitive.js';
import {
  einsum,
  matMul,
  normal,
  randomKey,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape, key = 0) => normal(randomKey(key), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);

/** The sum over all labels, term by term. */
function summedByLoops(
  terms: readonly string[],
  output: string,
  lengths: Record<string, number>,
  data: number[][],
) {
  const labels = [...new Set(terms.join(''))];
  const offset = (term: string, at: Record<string, number>) =>
    [...term].reduce((index, label) => index * lengths[label]! + at[label]!, 0);
  const result = Array.from({ length: sizeOf([...output].map((label) => lengths[label]!)) }, () => 0);
  const visit = (depth: number, at: Record<string, number>): void => {
    const label = labels[depth];
    if (label === undefined) {
      result[offset(output, at)]! += terms.reduce(
        (product, term, i) => product * data[i]![offset(term, at)]!,
        1,
      );
      return;
    }
    for (let i = 0; i < lengths[label]!; i++) visit(depth + 1, { ...at, [label]: i });
  };
  visit(0, {});
  return result;
}

describe('einsum', () => {
  it('agrees with plain loops on random specifications', { timeout: 60_000 }, async () => {
    const term = fc.array(fc.constantFrom(...'abcd'), { maxLength: 3 }).map((labels) => labels.join(''));
    const cases = fc
      .tuple(
        fc.array(term, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 4 }),
      )
      .chain(([terms, lengths]) =>
        fc.tuple(
          fc.constant(terms),
          fc.shuffledSubarray([...new Set(terms.join(''))]).map((labels) => labels.join('')),
          fc.constant({ a: lengths[0]!, b: lengths[1]!, c: lengths[2]!, d: lengths[3]! } as Record<
            string,
            number
          >),
        ),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([terms, output, lengths]) => {
        const shapeOf = (labels: string) => [...labels].map((label) => lengths[label]!);
        const operands = terms.map((labels, i) => random(shapeOf(labels), i));
        const data = await Promise.all(operands.map(numbers));
        const result = einsum(`${terms.join(',')}->${output}`, ...operands);
        expect(result.shape).toEqual(shapeOf(output));
        const expected = summedByLoops(terms, output, lengths, data);
        (await numbers(result)).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 10);
        });
      }),
      { numRuns: 80, seed: 1 },
    );
  });

  const matrix = tensor([
    [1, 2],
    [3, 4],
  ]);
  it.each<[string, Tensor[], unknown]>([
    [
      'ij->ji',
      [matrix],
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['ii', [matrix], 5],
    ['ii->i', [matrix], [1, 4]],
    ['ij->', [matrix], 10],
    [
      'ba',
      [matrix],
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      'i,j->ij',
      [tensor([1, 2]), tensor([3, 4])],
      [
        [3, 4],
        [6, 8],
      ],
    ],
    ['i,i', [tensor([1, 2]), tensor([3, 4])], 11],
    [
      'ij , jk',
      [matrix, matrix],
      [
        [7, 10],
        [15, 22],
      ],
    ],
    [
      '...j->j...',
      [matrix],
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['...i,...i', [matrix, tensor([1, 10])], [21, 43]],
    ['i...,i->...', [matrix, tensor([1, 10])], [31, 42]],
    [
      '...,...',
      [matrix, tensor([[10], [1]])],
      [
        [10, 20],
        [3, 4],
      ],
    ],
    ['ij,ij->j', [matrix, tensor([[1, 2]])], [4, 12]],
    [
      'ij,jk,kl',
      [matrix, matrix, matrix],
      [
        [37, 54],
        [81, 118],
      ],
    ],
    [',i->i', [tensor(2), tensor([1, 2])], [2, 4]],
  ])('%s', async (spec, operands, expected) => {
    expect(await einsum(spec, ...operands).toArray()).toEqual(expected);
  });

  const given = (shape: Shape) => tensor(new Float64Array(sizeOf(shape)), { shape });
  const namesOf = (result: Tensor) =>
    applicationsOf([result])
      .map(({ primitive }) => primitive.name)
      .filter((name) => name !== 'reshape');
  it('multiplies matrices where the operands stand, without moving axes', () => {
    expect(namesOf(einsum('ij,jk', given([2, 3]), given([3, 4])))).toEqual(['matMul']);
    for (const spec of ['bij,bjk->bik', 'bji,bjk->bik', 'bij,bkj->bik', 'bji,bkj->bik']) {
      expect(namesOf(einsum(spec, given([2, 3, 3]), given([2, 3, 3])))).toEqual(['matMul']);
    }
    const scores = einsum('bnhd,bmhd->bhnm', given([2, 5, 3, 4]), given([2, 6, 3, 4]));
    expect(namesOf(scores)).toEqual(['transpose', 'transpose', 'matMul']);
  });

  it('multiplies the cheapest pair first', () => {
    const chain = einsum('ij,jk,k->i', given([30, 40]), given([40, 50]), given([50]));
    const products = applicationsOf([chain]).filter(({ primitive }) => primitive.name === 'matMul');
    expect(products.map(({ output }) => output.size)).toEqual([40, 30]);
  });

  it('equals the products that it is written as', async () => {
    const [a, b] = [random([2, 3, 4]), random([4, 5], 1)];
    expect(await numbers(einsum('...ij,jk->...ik', a, b))).toEqual(await numbers(matMul(a, b)));
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const cases: [string, Shape[]][] = [
      [
        'bij,bjk->bik',
        [
          [2, 2, 3],
          [2, 3, 2],
        ],
      ],
      ['iij->j', [[2, 2, 3]]],
      [
        'ij,jk,kl->il',
        [
          [2, 3],
          [3, 2],
          [2, 2],
        ],
      ],
      [
        '...i,...i->...',
        [
          [2, 1, 3],
          [2, 3],
        ],
      ],
      [
        'ij,ij->i',
        [
          [2, 1],
          [2, 3],
        ],
      ],
    ];
    for (const [spec, shapes] of cases) {
      const inputs = shapes.map((shape, i) => random(shape, i));
      const fn = (...operands: Tensor[]) => einsum(spec, ...operands.map((operand) => operand.mul(operand)));
      expect(await gradientError(fn, inputs), `${spec}: first`).toBeLessThan(1e-6);
      expect(await secondGradientError(fn, inputs), `${spec}: second`).toBeLessThan(1e-6);
    }
  });

  const x = zeros([2, 3]);
  it.each<[() => unknown, string]>([
    [() => einsum('ij,jk', x), "einsum: 'ij,jk': 2 terms for 1 operands"],
    [() => einsum('i', x), "einsum: 'i': term 0 names 1 axes, operand 0 is [2, 3]"],
    [() => einsum('...ijk', x), "einsum: '...ijk': term 0 names 3 axes, operand 0 is [2, 3]"],
    [() => einsum('ij,jk', x, x), "einsum: 'ij,jk': j is both 3 and 2: [2, 3], [2, 3]"],
    [() => einsum('ij->k', x), "einsum: 'ij->k': the result names k, which no operand has"],
    [() => einsum('ij->ii', x), "einsum: 'ij->ii': the result names i twice"],
    [() => einsum('i...->i', x), "einsum: 'i...->i': the result lacks the ... of the operands"],
    [() => einsum('i1', x), `einsum: 'i1': expected letters and at most one ... in each term, got "i1"`],
    [() => einsum('......', x), 'at most one ...'],
    [() => einsum('ij->i->j', x), "einsum: 'ij->i->j': expected one -> at most"],
    [() => einsum('ij,ij', x, zeros([2, 3], 'float64')), 'einsum: dtypes differ: float32 and float64'],
    [() => einsum('ij', zeros([2, 3], 'int32')), 'einsum: expected float32 or float64, got int32'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
