import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dirichletSplit, labelNoise, longTailed } from '../index.js';

const balanced = (classes: number, each: number) =>
  Array.from({ length: classes * each }, (_, i) => i % classes);
const countsOf = (labels: readonly number[], indices: Iterable<number>, classes: number) => {
  const counts = new Array<number>(classes).fill(0);
  for (const i of indices) counts[labels[i]!]!++;
  return counts;
};
const seeds = fc.integer({ min: 0, max: 2 ** 40 });

describe('long tails', () => {
  it('fall exponentially, or by one step', () => {
    const labels = balanced(5, 100);
    expect(countsOf(labels, longTailed(labels, 100, 1), 5)).toEqual([100, 32, 10, 3, 1]);
    expect(countsOf(labels, longTailed(labels, 20, 1, 'step'), 5)).toEqual([100, 100, 5, 5, 5]);
    expect(longTailed(labels, 1, 1)).toHaveLength(500);
    expect(longTailed(labels, 10, 1)).toEqual(longTailed(labels, 10, 1));
    expect(longTailed(labels, 10, 1)).not.toEqual(longTailed(labels, 10, 2));
  });

  it('are as large as small classes allow', () => {
    const labels = [...balanced(3, 100), ...new Array<number>(50).fill(0)];
    expect(countsOf(labels, longTailed(labels, 1.5, 0, 'step'), 3)).toEqual([150, 100, 100]);
    const fewInTheHead = [0, 0, 1, 1, 1, 1, 1];
    expect(countsOf(fewInTheHead, longTailed(fewInTheHead, 2, 0), 2)).toEqual([2, 1]);
  });

  it('take each sample at most once', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 200, noNaN: true }), seeds, (ratio, seed) => {
        const chosen = longTailed(balanced(4, 30), ratio, seed);
        expect(new Set(chosen).size).toBe(chosen.length);
      }),
    );
  });

  it('refuse what is no ratio, no kind and no classes', () => {
    expect(() => longTailed([0, 1], 0.5, 0)).toThrow('longTailed: ratio must be at least 1, got 0.5');
    expect(() => longTailed([0, 1], 2, 0, 'linear' as 'step')).toThrow('kind must be exponential or step');
    expect(() => longTailed([3, 3], 2, 0)).toThrow('expected at least 2 classes, got 1');
  });
});

describe('label noise', () => {
  it('changes exactly its share, to other classes alike', () => {
    const labels = balanced(4, 1000);
    const noisy = labelNoise(labels, 0.3, 7, 4);
    const wrong = [...noisy].flatMap((label, i) =>
      label === labels[i] ? [] : [(label - labels[i]! + 4) % 4],
    );
    expect(wrong).toHaveLength(1200);
    for (const shift of [1, 2, 3]) {
      expect(Math.abs(wrong.filter((each) => each === shift).length - 400)).toBeLessThan(70);
    }
    expect(labelNoise(labels, 0, 7, 4)).toEqual(Int32Array.from(labels));
    expect(labelNoise(labels, 0.3, 7, 4)).toEqual(noisy);
    expect(labelNoise(labels, 0.3, 8, 4)).not.toEqual(noisy);
  });

  it('refuses shares and labels out of range', () => {
    expect(() => labelNoise([0], 1.1, 0, 2)).toThrow('labelNoise: share must be in [0, 1], got 1.1');
    expect(() => labelNoise([0, 5], 0.5, 0, 3)).toThrow('labelNoise: label 5 is not among 3 classes');
    expect(() => labelNoise([0], 0.5, 0, 1)).toThrow('classes must be an integer of at least 2');
  });
});

describe('a Dirichlet split', () => {
  it('deals every sample to one client', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(0.01, 0.1, 0.5, 1, 10, 1000),
        seeds,
        fc.boolean(),
        (clients, alpha, seed, capped) => {
          const labels = balanced(5, 40);
          const parts = dirichletSplit(labels, clients, alpha, seed, { minimum: 0, capped });
          expect(parts).toHaveLength(clients);
          expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...labels.keys()]);
        },
      ),
    );
  });

  it('is even for a large alpha and gives few classes to each for a small one', () => {
    const labels = balanced(10, 600);
    for (const part of dirichletSplit(labels, 10, 1e6, 3)) {
      for (const count of countsOf(labels, part, 10)) expect(Math.abs(count - 60)).toBeLessThanOrEqual(2);
    }
    const owners = (alpha: number) => {
      const parts = dirichletSplit(labels, 10, alpha, 3, { minimum: 0 });
      return parts.map((part) => countsOf(labels, part, 10).filter((count) => count > 6).length);
    };
    const mean = (values: number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
    expect(mean(owners(0.02))).toBeLessThan(2.5);
    expect(mean(owners(0.5))).toBeGreaterThan(4);
    expect(mean(owners(100))).toBe(10);
  });

  it('has the variance of the distribution', () => {
    // Var pₖ = (1/K)(1 - 1/K) / (K α + 1)
    const labels = balanced(50, 1000);
    for (const [clients, alpha] of [
      [4, 0.3],
      [4, 2],
    ] as const) {
      const shares = [0, 1, 2, 3].flatMap((seed) =>
        dirichletSplit(labels, clients, alpha, seed).flatMap((part) =>
          countsOf(labels, part, 50).map((count) => count / 1000),
        ),
      );
      const variance = shares.reduce((sum, each) => sum + (each - 1 / clients) ** 2, 0) / shares.length;
      const expected = ((1 / clients) * (1 - 1 / clients)) / (clients * alpha + 1);
      expect(variance / expected).toBeGreaterThan(0.85);
      expect(variance / expected).toBeLessThan(1.15);
    }
  });

  it('keeps to the minimum, and to the average when it is capped', () => {
    const labels = balanced(10, 60);
    for (let seed = 0; seed < 20; seed++) {
      const parts = dirichletSplit(labels, 10, 0.3, seed, { minimum: 10, capped: true });
      expect(Math.min(...parts.map((part) => part.length))).toBeGreaterThanOrEqual(10);
      // At 59 of an average of 60, a client may still get all 60 of a class.
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(120);
    }
    expect(dirichletSplit(labels, 4, 0.5, 1)).toEqual(dirichletSplit(labels, 4, 0.5, 1));
    expect(dirichletSplit(labels, 4, 0.5, 1)).not.toEqual(dirichletSplit(labels, 4, 0.5, 2));
  });

  it('refuses what cannot be dealt', () => {
    expect(() => dirichletSplit([0, 1], 0, 1, 0)).toThrow(
      'dirichletSplit: clients must be a positive integer',
    );
    expect(() => dirichletSplit([0, 1], 2, 0, 0)).toThrow('dirichletSplit: alpha must be above 0, got 0');
    expect(() => dirichletSplit([0, 1], 2, 1, 0, { minimum: 2 })).toThrow(
      'dirichletSplit: minimum must be an integer from 0 to 1, got 2',
    );
    expect(() => dirichletSplit(balanced(2, 10), 5, 0.001, 0, { minimum: 4 })).toThrow(
      'no split in 1000 gave each of 5 clients 4 of 20 samples at alpha 0.001',
    );
  });
});
