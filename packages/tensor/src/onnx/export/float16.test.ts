import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float16Bits, roundHalfEven } from './float16.js';

/** The number that 16 bits stand for, by the format's definition. */
function decoded(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >>> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

describe('float16Bits', () => {
  it('keeps all numbers of the format', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const number = decoded(bits);
      if (!Number.isNaN(number)) expect(float16Bits(number)).toBe(bits);
    }
  });

  it('rounds what lies between to the nearest, halves to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [decoded(bits), decoded(bits + 1)];
      const middle = (low + high) / 2;
      const gap = high - low;
      expect(float16Bits(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
      expect(float16Bits(middle - gap / 8)).toBe(bits);
      expect(float16Bits(-middle - gap / 8)).toBe(0x8000 | (bits + 1));
    }
  });

  it('knows the ends', () => {
    expect([65519.996, 65520, 1e30, Number.POSITIVE_INFINITY].map(float16Bits)).toEqual([
      0x7bff, 0x7c00, 0x7c00, 0x7c00,
    ]);
    expect([-1e30, 2 ** -25, 2 ** -25 * 1.001, -0, Number.NaN].map(float16Bits)).toEqual([
      0xfc00, 0, 1, 0x8000, 0x7e00,
    ]);
  });
});

describe('roundHalfEven', () => {
  it('is at most half away, and even at halves', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.double({ min: -0.49, max: 0.49, noNaN: true }),
        (n, part) => {
          expect(roundHalfEven(n + part)).toBe(n + Math.round(part));
          expect(Math.abs(roundHalfEven(n + 0.5) % 2)).toBe(0);
        },
      ),
    );
  });
});
