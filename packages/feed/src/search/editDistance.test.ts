import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from './editDistance.js';

const word = fc.string({ unit: fc.constantFrom(...'abcd'), maxLength: 9 });
const far = 100;

describe('editDistance', () => {
  it('counts letters changed, added, left out and swapped', () => {
    expect(editDistance('grokking', 'grokking', 2)).toBe(0);
    expect(editDistance('groking', 'grokking', 2)).toBe(1);
    expect(editDistance('trasnport', 'transport', 2)).toBe(1);
    expect(editDistance('qantizatoin', 'quantization', 2)).toBe(2);
    expect(editDistance('kitten', 'sitting', 3)).toBe(3);
  });

  it('is the same both ways, 0 only for the same word, and at most the longer length', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b, far);
        expect(editDistance(b, a, far)).toBe(distance);
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('says no more than that it is more than asked for', () => {
    fc.assert(
      fc.property(word, word, fc.nat(4), (a, b, most) => {
        expect(editDistance(a, b, most)).toBe(Math.min(editDistance(a, b, far), most + 1));
      }),
    );
  });

  it('measures a beginning against the best beginning of the word', () => {
    fc.assert(
      fc.property(word, word, fc.nat(3), (typed, whole, most) => {
        const beginnings = Array.from({ length: whole.length + 1 }, (_, end) => whole.slice(0, end));
        const best = Math.min(...beginnings.map((each) => editDistance(typed, each, far)));
        expect(editDistance(typed, whole, most, true)).toBe(Math.min(best, most + 1));
      }),
    );
  });
});
