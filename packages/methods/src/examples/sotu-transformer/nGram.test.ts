import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countNGrams, nGramLoss } from './nGram.js';

const size = 4;
const texts = fc.array(fc.nat(size - 1), { minLength: 6, maxLength: 60 });
const places = (text: readonly number[], order: number) =>
  Array.from({ length: text.length - order + 1 }, (_, i) => i + order - 1);

describe('n-grams', () => {
  it('count what followed what', () => {
    // The text abracadabra in numbers.
    const text = [0, 1, 2, 0, 3, 0, 3, 0, 1, 2, 0];
    const { counts, contexts } = countNGrams(text, size, 2);
    // After 0: 1 twice, 3 twice. After 1: 2 twice. After 2: 0 twice. After 3: 0 twice.
    expect(Object.fromEntries(counts)).toEqual({ 1: 2, 3: 2, 6: 2, 8: 2, 12: 2 });
    expect(Object.fromEntries(contexts)).toEqual({ 0: 4, 1: 2, 2: 2, 3: 2 });
    expect(nGramLoss({ order: 2, size, counts, contexts }, 0.5, text, [1])).toBeCloseTo(
      -Math.log(2.5 / 6),
      12,
    );
  });

  it('give probabilities: they sum to 1 after any context, also one that never occurred', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 4 }), texts, (text, order, other) => {
        const model = countNGrams(text, size, order);
        const before = other.slice(0, order - 1);
        const total = Array.from({ length: size }, (_, token) =>
          Math.exp(-nGramLoss(model, 0.1, [...before, token], [order - 1])),
        ).reduce((sum, each) => sum + each);
        expect(total).toBeCloseTo(1, 12);
      }),
    );
  });

  it('lose log size where nothing is known, and the entropy of the text where everything is', () => {
    expect(nGramLoss(countNGrams([], size, 2), 1, [0, 1], [1])).toBeCloseTo(Math.log(size), 12);
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 3 }), (text, order) => {
        const loss = (k: number) => nGramLoss(countNGrams(text, size, order), k, text, places(text, order));
        // On its own text, no constant is better than the least.
        expect(loss(1e-9)).toBeLessThanOrEqual(loss(0.5) + 1e-6);
        expect(loss(1e-9)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('refuse runs that cannot be numbered', () => {
    expect(() => countNGrams([0], 96, 9)).toThrow('countNGrams: order 9 of 96 tokens');
    expect(() => countNGrams([0], 96, 0)).toThrow('countNGrams: order 0 of 96 tokens');
  });
});
