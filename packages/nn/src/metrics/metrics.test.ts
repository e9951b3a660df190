import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  balancedAccuracy,
  calibrationError,
  classScores,
  confusionMatrix,
  macroScores,
  peakSignalToNoise,
  perplexity,
  rocAuc,
  rSquared,
  topKAccuracy,
} from '../index.js';

const labels = [0, 0, 0, 1, 1, 2, 2, 2, 2, 2];
const predicted = Int32Array.from([0, 1, 0, 1, 2, 2, 2, 0, 2, 2]);
const matrix = [
  [2, 1, 0],
  [0, 1, 1],
  [1, 0, 4],
];

describe('confusion', () => {
  it('counts classes by rows and predictions by columns', () => {
    expect(confusionMatrix(predicted, labels, 3)).toEqual(matrix);
  });

  it('scores a class by what was found and what was there', () => {
    const scores = classScores(matrix, 2);
    expect(scores).toEqual({ precision: 4 / 5, recall: 4 / 5, f1: 8 / 10 });
    expect(
      classScores([
        [5, 3],
        [2, 6],
      ]),
    ).toEqual({ precision: 6 / 9, recall: 6 / 8, f1: 12 / 17 });
    expect(
      classScores([
        [5, 0],
        [0, 0],
      ]),
    ).toEqual({ precision: 0, recall: 0, f1: 0 });
  });

  it('counts every class the same in macro means', () => {
    const { precision, recall, f1 } = macroScores(matrix);
    expect(precision).toBeCloseTo((2 / 3 + 1 / 2 + 4 / 5) / 3, 14);
    expect(recall).toBeCloseTo((2 / 3 + 1 / 2 + 4 / 5) / 3, 14);
    expect(f1).toBeCloseTo((2 / 3 + 1 / 2 + 4 / 5) / 3, 14);
  });

  it('balances accuracy over the classes that are there', () => {
    expect(balancedAccuracy(matrix)).toBeCloseTo((2 / 3 + 1 / 2 + 4 / 5) / 3, 14);
    expect(
      balancedAccuracy([
        [8, 2, 0],
        [0, 5, 5],
        [0, 0, 0],
      ]),
    ).toBeCloseTo(0.65, 14);
  });

  const samples = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 40 });
  it('holds F1 between 0 and the mean of precision and recall', () =>
    fc.assert(
      fc.property(samples, fc.nat({ max: 3 }), (pairs, positive) => {
        const counts = confusionMatrix(
          pairs.map(([p]) => p),
          pairs.map(([, l]) => l),
          4,
        );
        const { precision, recall, f1 } = classScores(counts, positive);
        expect(f1 * (precision + recall)).toBeCloseTo(2 * precision * recall, 12);
        expect(counts.flat().reduce((a, b) => a + b)).toBe(pairs.length);
      }),
    ));
});

describe('rocAuc', () => {
  it('is the share of pairs in order, ties half', () => {
    expect(rocAuc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(rocAuc([1, 2, 3], [0, 1, 1])).toBe(1);
    expect(rocAuc([5, 5, 5, 5], [0, 1, 0, 1])).toBe(0.5);
    expect(rocAuc(Float32Array.from([1, 2, 2, 3]), [0, 1, 0, 1])).toBe(0.875);
  });

  it('agrees with counting all pairs', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.nat({ max: 1 })), {
          minLength: 2,
          maxLength: 30,
        }),
        (pairs) => {
          const [high, low] = [1, 0].map((kind) =>
            pairs.filter(([, label]) => label === kind).map(([s]) => s),
          );
          fc.pre(high!.length > 0 && low!.length > 0);
          const won = high!.flatMap((a) => low!.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
          const expected = won.reduce<number>((a, b) => a + b, 0) / won.length;
          expect(
            rocAuc(
              pairs.map(([s]) => s),
              pairs.map(([, l]) => l),
            ),
          ).toBeCloseTo(expected, 12);
        },
      ),
    ));
});

describe('topKAccuracy', () => {
  const scores = [0.1, 0.5, 0.4, 0.7, 0.2, 0.1, 0.3, 0.3, 0.4];
  it('counts labels among the highest', () => {
    expect([1, 2, 3].map((k) => topKAccuracy(scores, [2, 0, 1], k))).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('takes the lower of equal scores first', () => {
    expect(topKAccuracy([1, 1, 1], [1], 1)).toBe(0);
    expect(topKAccuracy([1, 1, 1], [1], 2)).toBe(1);
  });
});

describe('calibrationError', () => {
  it('weighs the gaps of bins by their samples', () => {
    // Two samples at 0.9, one right: |0.5 - 0.9|; one at 0.6, right: |1 - 0.6|; one at 0.75, wrong: 0.75.
    const rows = [0.9, 0.1, 0.1, 0.9, 0.6, 0.4, 0.25, 0.75];
    const expected = (2 * 0.4 + 0.4 + 0.75) / 4;
    expect(calibrationError(rows, [0, 0, 0, 0], 10)).toBeCloseTo(expected, 14);
  });

  it('is 0 where shares are as said', () => {
    expect(calibrationError([0.75, 0.25, 0.75, 0.25, 0.75, 0.25, 0.75, 0.25], [0, 0, 0, 1])).toBe(0);
    expect(calibrationError([1, 0], [0])).toBe(0);
  });
});

describe('numbers', () => {
  it('explains variance', () => {
    expect(rSquared([2.5, 0, 2, 8], [3, -0.5, 2, 7])).toBeCloseTo(0.9486081370449679, 14);
    expect(rSquared([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(rSquared([2, 2, 2], [1, 2, 3])).toBe(0);
    expect(rSquared([3, 2, 1], [1, 2, 3])).toBe(-3);
  });

  it('gives decibels', () => {
    expect(peakSignalToNoise([0.1, 0.1], [0, 0])).toBeCloseTo(20, 12);
    expect(peakSignalToNoise(Uint8Array.of(10, 20), Uint8Array.of(15, 25), 255)).toBeCloseTo(
      34.15140352195873,
      10,
    );
    expect(peakSignalToNoise([1], [1])).toBe(Infinity);
  });

  it('gives perplexity', () => {
    expect(perplexity([Math.log(4), Math.log(16)])).toBeCloseTo(8, 12);
    expect(perplexity(0)).toBe(1);
    expect(perplexity(Float32Array.from([Math.log(65), Math.log(65)]))).toBeCloseTo(65, 4);
  });
});

describe('metrics refuse', () => {
  it.each<[string, () => unknown]>([
    [
      'confusionMatrix: expected as many predictions as labels, got 1 and 2',
      () => confusionMatrix([0], [0, 1], 2),
    ],
    ['confusionMatrix: expected at least one sample, got none', () => confusionMatrix([], [], 2)],
    [
      'confusionMatrix: label 1: got 2, expected an integer from 0 to 1',
      () => confusionMatrix([0, 1], [0, 2], 2),
    ],
    ['confusionMatrix: prediction 0: got 0.5, expected', () => confusionMatrix([0.5], [0], 2)],
    ['confusionMatrix: classes: got 0, expected', () => confusionMatrix([0], [0], 0)],
    ['classScores: expected a square matrix of counts', () => classScores([[1, 2]])],
    [
      'classScores: positive: got 2, expected a class from 0 to 1',
      () =>
        classScores(
          [
            [1, 2],
            [1, 2],
          ],
          2,
        ),
    ],
    [
      'macroScores: the matrix counts no samples',
      () =>
        macroScores([
          [0, 0],
          [0, 0],
        ]),
    ],
    ['rocAuc: expected positive and negative samples, got 2 and 0', () => rocAuc([1, 2], [1, 1])],
    ['rocAuc: score 1: got NaN, expected a finite number', () => rocAuc([1, NaN], [1, 0])],
    ['topKAccuracy: k: got 4, expected an integer from 1 to 3', () => topKAccuracy([1, 2, 3], [0], 4)],
    [
      'topKAccuracy: expected 2 whole rows of scores, got 3 numbers',
      () => topKAccuracy([1, 2, 3], [0, 1], 1),
    ],
    ['calibrationError: sample 0: expected probabilities with sum 1', () => calibrationError([1, 2], [0])],
    ['calibrationError: bins: got 0, expected', () => calibrationError([1, 0], [0], 0)],
    ['rSquared: all targets are the same', () => rSquared([1, 2], [3, 3])],
    ['peakSignalToNoise: peak: got 0, expected a positive number', () => peakSignalToNoise([1], [2], 0)],
    ['perplexity: loss 0: got Infinity, expected a finite number', () => perplexity([Infinity])],
  ])('%s', (message, act) => {
    expect(act).toThrow(message);
  });
});
