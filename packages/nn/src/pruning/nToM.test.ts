import { normal, randomKey, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { nToMMask, nToMSupports } from '../index.js';

const numbersOf = async (x: { data(): Promise<ArrayLike<number | bigint>> }) =>
  Array.from(await x.data(), Number);

describe('nToMMask', () => {
  it('keeps the largest of every group, the first of equals', async () => {
    const scores = tensor([
      [1, 2, 3, 4, 0, 0, 0, 0],
      [5, 1, 5, 5, 9, 8, 7, 9],
    ]);
    expect(await numbersOf(nToMMask(scores, { n: 2, m: 4 }))).toEqual([
      0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1,
    ]);
    expect(await numbersOf(nToMMask(scores, { n: 1, m: 2 }))).toEqual([
      0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1,
    ]);
  });

  it.each([
    [1, 4],
    [2, 4],
    [4, 4],
    [3, 8],
  ])('has exactly %i ones of %i', async (n, m) => {
    const mask = await numbersOf(nToMMask(normal(randomKey(n * m), [3, 5, 16]), { n, m }));
    for (let from = 0; from < mask.length; from += m)
      expect(mask.slice(from, from + m).reduce((a, b) => a + b)).toBe(n);
  });

  it('refuses patterns that make no sense', () => {
    const scores = tensor([[1, 2, 3, 4, 5, 6]]);
    expect(() => nToMMask(scores, { n: 2, m: 4 })).toThrow('rows of 6 cannot be cut into groups of 4');
    expect(() => nToMMask(scores, { n: 4, m: 3 })).toThrow('got 4 of 3, expected integers with 1 ≤ n ≤ m');
    expect(() => nToMMask(scores, { n: 0, m: 3 })).toThrow('got 0 of 3');
    expect(() => nToMMask(tensor(1), { n: 1, m: 1 })).toThrow('rank 1 and up');
  });
});

it('nToMSupports lists all choices', () => {
  expect(nToMSupports({ n: 2, m: 4 })).toEqual([
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 3],
  ]);
  expect(nToMSupports({ n: 3, m: 8 }).length).toBe(56);
});
