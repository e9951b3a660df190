import { roundHalfEven } from './float16.js';

/** Numbers as whole multiples of a scale: number ≈ (level - zeroPoint) · scale. */
export interface Levels {
  readonly scale: number;
  /** The level that stands for 0. */
  readonly zeroPoint: number;
  /** The lowest and the highest level. */
  readonly range: readonly [low: number, high: number];
}

/** Levels centred on 0 that reach to the largest absolute number: -127 to 127 for 8 bits. */
export function symmetricLevels(numbers: Iterable<number>, bits: number): Levels {
  const high = 2 ** (bits - 1) - 1;
  let largest = 0;
  for (const number of numbers) largest = Math.max(largest, Math.abs(number));
  return { scale: Math.fround(largest / high) || 1, zeroPoint: 0, range: [-high, high] };
}

/** Levels from 0 to 2^bits - 1 that reach from the smallest to the largest number, and over 0. */
export function asymmetricLevels(numbers: Iterable<number>, bits: number): Levels {
  const high = 2 ** bits - 1;
  let [smallest, largest] = [0, 0];
  for (const number of numbers) {
    smallest = Math.min(smallest, number);
    largest = Math.max(largest, number);
  }
  const scale = Math.fround((largest - smallest) / high) || 1;
  return { scale, zeroPoint: Math.min(high, roundHalfEven(-smallest / scale)), range: [0, high] };
}

export function levelOf(number: number, { scale, zeroPoint, range: [low, high] }: Levels): number {
  return Math.min(high, Math.max(low, roundHalfEven(number / scale) + zeroPoint));
}

/** Levels of 2, 4 or 8 bits as bytes, the first in the lowest bits; negative ones in two's complement. */
export function packLevels(levels: ArrayLike<number>, bits: number): Uint8Array<ArrayBuffer> {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  const bytes = new Uint8Array(Math.ceil(levels.length / perByte));
  for (let i = 0; i < levels.length; i++) {
    bytes[Math.floor(i / perByte)]! |= (levels[i]! & mask) << (bits * (i % perByte));
  }
  return bytes;
}
