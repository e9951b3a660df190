import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columns,
  type Dataset,
  type HostArray,
  kFold,
  stratifiedSplit,
  subset,
  trainTestSplit,
} from '../index.js';

const numbered = (length: number) =>
  columns({ number: { data: Int32Array.from({ length }, (_, i) => i), shape: [length], dtype: 'int32' } });
const numbersOf = (part: { columns: { number: HostArray } }) => [...part.columns.number.data];
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const range = (length: number) => Array.from({ length }, (_, i) => i);
const seeds = fc.integer({ min: 0, max: 2 ** 40 });
const shares = fc.double({ min: 0.05, max: 0.95, noNaN: true });

describe('splits', () => {
  it('part into disjoint parts that are the whole, of the promised size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 90 }), shares, seeds, (length, share, seed) => {
        const { train, test } = trainTestSplit(numbered(length), share, seed);
        expect(test.length).toBe(Math.round(length * share));
        expect(sorted([...numbersOf(train), ...numbersOf(test)])).toEqual(range(length));
        expect(numbersOf(trainTestSplit(numbered(length), share, seed).test)).toEqual(numbersOf(test));
      }),
    );
    const tests = [1, 2].map((seed) => String(numbersOf(trainTestSplit(numbered(50), 0.3, seed).test)));
    expect(tests[0]).not.toBe(tests[1]);
  });

  it('keep the share of each class when stratified', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 20, maxLength: 90 }),
        shares,
        seeds,
        (labels, share, seed) => {
          const { train, test } = stratifiedSplit(numbered(labels.length), labels, share, seed);
          expect(test.length).toBe(Math.round(labels.length * share));
          expect(sorted([...numbersOf(train), ...numbersOf(test)])).toEqual(range(labels.length));
          for (const label of new Set(labels)) {
            const count = (part: readonly number[]) => part.filter((i) => labels[i] === label).length;
            expect(Math.abs(count(numbersOf(test)) - count(range(labels.length)) * share)).toBeLessThan(1);
          }
        },
      ),
    );
  });

  it('test every sample once over all folds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 8, max: 40 }),
        seeds,
        (folds, length, seed) => {
          const splits = kFold(numbered(length), folds, seed);
          expect(splits).toHaveLength(folds);
          expect(sorted(splits.flatMap(({ test }) => numbersOf(test)))).toEqual(range(length));
          for (const { train, test } of splits) {
            expect(sorted([...numbersOf(train), ...numbersOf(test)])).toEqual(range(length));
            expect([Math.floor(length / folds), Math.ceil(length / folds)]).toContain(test.length);
          }
        },
      ),
    );
  });

  it('take a random part, each sample at most once', () => {
    const part = numbersOf(subset(numbered(30), 12, 5));
    expect(new Set(part).size).toBe(12);
    expect(part).not.toEqual(range(12));
    expect(subset(numbered(3), 0, 0).length).toBe(0);
  });

  it('are views of data sets that are not in memory', async () => {
    const read: number[][] = [];
    const dataset: Dataset<{ number: HostArray }> = {
      length: 10,
      async read(indices) {
        read.push([...indices]);
        return numbered(10).read(indices);
      },
    };
    const { test } = trainTestSplit(dataset, 0.2, 0);
    expect(read).toEqual([]);
    const batch = await test.read([1]);
    expect(read).toEqual([[...batch.number.data]]);
  });

  it('refuse shares and counts that cannot be', () => {
    expect(() => trainTestSplit(numbered(10), 1, 0)).toThrow(
      'trainTestSplit: share must be in (0, 1), got 1',
    );
    expect(() => trainTestSplit(numbered(3), 0.1, 0)).toThrow(
      'a share of 0.1 of 3 samples leaves a part empty',
    );
    expect(() => stratifiedSplit(numbered(3), [0, 1], 0.5, 0)).toThrow('2 labels for 3 samples');
    expect(() => stratifiedSplit(numbered(2), [0, -1], 0.5, 0)).toThrow(
      'stratifiedSplit: labels must be non-negative integers, got -1 at 1',
    );
    expect(() => kFold(numbered(3), 4, 0)).toThrow('kFold: folds must be an integer from 2 to 3');
    expect(() => subset(numbered(3), 4, 0)).toThrow('subset: count must be an integer from 0 to 3, got 4');
  });
});
