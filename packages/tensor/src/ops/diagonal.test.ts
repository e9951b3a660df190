import { describe, expect, it } from 'vitest';
import {
  diag,
  diagonal,
  eye,
  normal,
  randomKey,
  type Shape,
  type Tensor,
  tensor,
  trace,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const matrix = () =>
  tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
const random = (shape: Shape) => normal(randomKey(5), shape, { dtype: 'float64' });

describe('diagonals', () => {
  it.each([
    [0, [1, 5]],
    [1, [2, 6]],
    [2, [3]],
    [3, []],
    [-1, [4]],
    [-2, []],
  ])('with offset %i are read', async (offset, expected) => {
    expect(await diagonal(matrix(), offset).toArray()).toEqual(expected);
  });

  it('are written', async () => {
    expect(await diag(tensor([1, 2])).toArray()).toEqual([
      [1, 0],
      [0, 2],
    ]);
    expect(await diag(tensor([1, 2]), 1).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 2],
      [0, 0, 0],
    ]);
    expect(await diag(tensor([7]), -1).toArray()).toEqual([
      [0, 0],
      [7, 0],
    ]);
    expect(diag(zeros([2, 0])).shape).toEqual([2, 0, 0]);
  });

  it('are read back as they were written, in batches of any dtype', async () => {
    const rows = tensor(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      'int32',
    );
    for (const offset of [-2, 0, 1]) {
      expect(await diagonal(diag(rows, offset), offset).toArray()).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
    }
    expect(await trace(diag(rows)).toArray()).toEqual([6, 15]);
  });

  it('are the identity', async () => {
    expect(await eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(await eye(1, 3, 'int32').toArray()).toEqual([[1, 0, 0]]);
    expect(eye(2, 2, 'float64').dtype).toBe('float64');
  });

  it('have right first and second derivatives', async () => {
    const functions: Record<string, (x: Tensor) => Tensor> = {
      diagonal: (x) => diagonal(x, 1),
      'diagonal below': (x) => diagonal(x, -1),
      diag: (x) => diag(x, -1),
      trace,
    };
    for (const [name, fn] of Object.entries(functions)) {
      for (const shape of [
        [2, 3, 3],
        [3, 2],
        [0, 2],
      ]) {
        const squared = (x: Tensor) => fn(x.mul(x));
        expect(await gradientError(squared, [random(shape)]), name).toBeLessThan(1e-6);
        expect(await secondGradientError(squared, [random(shape)]), name).toBeLessThan(1e-6);
      }
    }
  });

  it('refuse what does not fit', () => {
    expect(() => diagonal(zeros([2]))).toThrow('diagonal: expected matrices, got [2]');
    expect(() => diagonal(matrix(), 0.5)).toThrow('diagonal: offset: expected an integer, got 0.5');
    expect(() => diag(tensor(1))).toThrow('diag: expected a vector or more, got a scalar');
    expect(() => eye(-1)).toThrow('iota: a shape is made of non-negative integers, got [-1]');
  });
});
