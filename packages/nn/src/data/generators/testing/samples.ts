import { type Columns, columns } from '../../dataset.js';
import { randomSource } from '../../random.js';
import type { LabelledImages } from '../batches.js';

/** Random pictures in the form of digits, `[count, 1, 28, 28]` of bytes, with the labels 0 to 9 in turn. */
export function fakeDigits(count: number, seed: number): Columns<LabelledImages> {
  const random = randomSource(seed);
  return columns<LabelledImages>({
    images: {
      data: Uint8Array.from({ length: count * 784 }, () => random.integer(256)),
      shape: [count, 1, 28, 28],
      dtype: 'float32',
      scale: 1 / 255,
    },
    labels: { data: Int32Array.from({ length: count }, (_, i) => i % 10), shape: [count], dtype: 'int32' },
  });
}

/** Random words of the letters a to z, with capitals, tabs and full stops. */
export function sampleText(length: number): string {
  const random = randomSource(0);
  const letters = 'eeeetttaaoinshrdlucmwfgypbvkjxqz  \t.EX';
  return Array.from({ length }, () => letters[random.integer(letters.length)]).join('');
}

/** Mean and variance of numbers. */
export function moments(numbers: ArrayLike<number>): { mean: number; variance: number } {
  let mean = 0;
  for (let i = 0; i < numbers.length; i++) mean += numbers[i]! / numbers.length;
  let variance = 0;
  for (let i = 0; i < numbers.length; i++) variance += (numbers[i]! - mean) ** 2 / numbers.length;
  return { mean, variance };
}

/** How often each whole number below `below` comes, as shares. */
export function sharesOf(numbers: ArrayLike<number>, below: number): number[] {
  const shares = Array<number>(below).fill(0);
  for (let i = 0; i < numbers.length; i++) shares[numbers[i]!]! += 1 / numbers.length;
  return shares;
}

/** The largest distance of the numbers from 0. */
export const largestMagnitude = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((most, each) => Math.max(most, Math.abs(each)), 0);

export const sumOf = (numbers: ArrayLike<number>): number =>
  Array.from(numbers).reduce((sum, each) => sum + each, 0);
