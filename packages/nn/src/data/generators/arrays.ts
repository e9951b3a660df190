import { sizeOf } from '@evenkeel/tensor';
import type { HostArray } from '../dataset.js';
import type { RandomSource } from '../random.js';

type Shape = readonly number[];

/** Float32 numbers, row by row. */
export const float32 = (numbers: ArrayLike<number>, shape: Shape): HostArray => ({
  data: Float32Array.from(numbers),
  shape,
  dtype: 'float32',
});

/** Float64 numbers, row by row. */
export const float64 = (numbers: ArrayLike<number>, shape: Shape): HostArray => ({
  data: Float64Array.from(numbers),
  shape,
  dtype: 'float64',
});

/** Int32 numbers, row by row. */
export const int32 = (numbers: ArrayLike<number>, shape: Shape): HostArray => ({
  data: Int32Array.from(numbers),
  shape,
  dtype: 'int32',
});

/** Independent draws, row by row. */
export const drawn = (draw: () => number, ...shape: number[]): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, draw);

/** Independent standard normal numbers, row by row. */
export const normals = (random: RandomSource, ...shape: number[]): Float64Array =>
  drawn(() => random.normal(), ...shape);

/** Independent whole numbers from 0 to below `below`, all equally likely. */
export const wholeNumbers = (random: RandomSource, below: number, count: number): Int32Array =>
  Int32Array.from({ length: count }, () => random.integer(below));

/** Row `index` of rows of this width, as a view. */
export const row = (rows: Float64Array, width: number, index: number): Float64Array =>
  rows.subarray(index * width, (index + 1) * width);

/** `rows · matrix`: `[n, inner]` by `[inner, columns]`; `inner` follows from the sizes and `columns`. */
export function product(rows: Float64Array, matrix: Float64Array, columns: number): Float64Array {
  const inner = matrix.length / columns;
  const count = rows.length / inner;
  const result = new Float64Array(count * columns);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = rows[i * inner + k]!;
      for (let j = 0; j < columns; j++) result[i * columns + j]! += factor * matrix[k * columns + j]!;
    }
  }
  return result;
}

/** What the array's elements stand for: bytes times their scale. */
export function valuesOf({ data, scale = 1 }: HostArray): Float64Array {
  return Float64Array.from(data, (element) => element * scale);
}

/** Index of the largest number; the first one of equals. */
export const largest = (numbers: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[best]!) best = i;
  return best;
};

/** 1 / (1 + exp(-x)). */
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
