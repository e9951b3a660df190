import { describe, expect, it } from 'vitest';
import {
  flip,
  mul,
  randomKey,
  repeat,
  roll,
  type Shape,
  type Tensor,
  tensor,
  tile,
  tril,
  triu,
  uniform,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const matrix = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const random = (shape: Shape) => uniform(randomKey(3), shape, { low: -2, high: 2, dtype: 'float64' });

describe('rearranging', () => {
  const functions: Record<string, (x: Tensor) => Tensor> = {
    flip: (x) => flip(x),
    'flip of an axis': (x) => flip(x, -1),
    roll: (x) => roll(x, -1, 0),
    repeat: (x) => repeat(x, 2, -1),
    tile: (x) => tile(x, [2, 3]),
    tril: (x) => tril(x),
    triu: (x) => triu(x, 1),
  };
  it.each(Object.keys(functions))('%s has the derivatives of central differences', async (name) => {
    for (const shape of [
      [2, 3],
      [1, 4],
      [3, 1],
      [0, 2],
      [2, 0],
    ]) {
      const squared = (x: Tensor) => functions[name]!(mul(x, x));
      const errors = [
        await gradientError(squared, [random(shape)]),
        await secondGradientError(squared, [random(shape)]),
      ];
      console.log(`${name} [${shape}]  ${errors.map((each) => each.toExponential(1)).join('  ')}`);
      expect(Math.max(...errors)).toBeLessThan(1e-6);
    }
  });

  it('reverses, rolls and tiles', async () => {
    expect(await flip(matrix()).toArray()).toEqual([
      [6, 5, 4],
      [3, 2, 1],
    ]);
    expect(await flip(matrix(), 0).toArray()).toEqual([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expect(await roll(matrix(), 1).toArray()).toEqual([
      [3, 1, 2],
      [6, 4, 5],
    ]);
    expect(await roll(matrix(), -4).toArray()).toEqual([
      [2, 3, 1],
      [5, 6, 4],
    ]);
    expect(await repeat(tensor([1, 2]), 2).toArray()).toEqual([1, 1, 2, 2]);
    expect(await repeat(matrix(), 2, 1).toArray()).toEqual([
      [1, 1, 2, 2, 3, 3],
      [4, 4, 5, 5, 6, 6],
    ]);
    expect(await tile(tensor([[1, 2]]), [2, 2]).toArray()).toEqual([
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ]);
  });

  it('keeps triangles', async () => {
    expect(await tril(matrix()).toArray()).toEqual([
      [1, 0, 0],
      [4, 5, 0],
    ]);
    expect(await tril(matrix(), 1).toArray()).toEqual([
      [1, 2, 0],
      [4, 5, 6],
    ]);
    expect(await triu(matrix()).toArray()).toEqual([
      [1, 2, 3],
      [0, 5, 6],
    ]);
    expect(await triu(matrix(), 1).toArray()).toEqual([
      [0, 2, 3],
      [0, 0, 6],
    ]);
  });

  it('refuses what does not fit', () => {
    expect(() => flip(matrix(), 2)).toThrow('flip: axis 2 is outside a tensor of rank 2');
    expect(() => roll(matrix(), 0.5)).toThrow('roll: by: expected an integer, got 0.5');
    expect(() => repeat(matrix(), -1)).toThrow('repeat: times: expected a non-negative integer, got -1');
    expect(() => tile(matrix(), [2])).toThrow('tile: expected 2 non-negative counts, got [2]');
    expect(() => tril(tensor([1]))).toThrow('tril: expected matrices, got [1]');
  });
});
