import { describe, expect, it } from 'vitest';
import type { Metric } from './experiment.js';
import {
  capitalized,
  formatDifference,
  formatMean,
  formatMeasured,
  formatMetric,
  formatSigned,
} from './format.js';
import { nearest } from './nearest.js';

describe('formatMetric', () => {
  it.each<[number, Metric['unit'], string]>([
    [0.98133, 'fraction', '98.1 %'],
    [0.9, 'fraction', '90.0 %'],
    [0, 'fraction', '0.0 %'],
    [0.00042, 'fraction', '0.042 %'],
    [0.692147, 'number', '0.6921'],
    [12345, 'number', '12,345'],
    [12345.6, 'number', '12,346'],
    [-1.5, 'number', '−1.5'],
    [0.00001234, 'number', '1.234e-5'],
    [0, 'number', '0'],
    [12.345, 'seconds', '12.3 s'],
    [0.0421, 'seconds', '42.1 ms'],
    [0.00000123, 'seconds', '1.23 µs'],
    [0.99996, 'seconds', '1 s'],
    [59.7, 'seconds', '1 min'],
    [125, 'seconds', '2 min 5 s'],
    [0, 'seconds', '0 s'],
    [1_400_000, 'bytes', '1.4 MB'],
    [999_999, 'bytes', '1 MB'],
    [12, 'bytes', '12 B'],
    [0, 'bytes', '0 B'],
    [Number.NaN, 'fraction', 'not a number'],
    [Number.NEGATIVE_INFINITY, 'number', '−∞'],
  ])('writes %d as a %s: %s', (value, unit, words) => {
    expect(formatMetric(value, { unit })).toBe(words);
  });
});

describe('formatDifference', () => {
  it('writes differences of fractions in points, others as the metric', () => {
    expect(formatDifference(0.7, { unit: 'fraction' })).toBe('70.0 points');
    expect(formatDifference(-0.7, { unit: 'fraction' })).toBe('−70.0 points');
    expect(formatDifference(0.7, { unit: 'seconds' })).toBe('700 ms');
  });
});

describe('capitalized', () => {
  it.each([
    ['test accuracy', 'Test accuracy'],
    ['text: loss', 'Text: loss'],
    ['λ of ridge regression', 'λ of ridge regression'],
    ['dB gained', 'dB gained'],
    ['k = 2', 'k = 2'],
    ['⊥AdamW', '⊥AdamW'],
    ['', ''],
  ])('makes %s begin as %s', (text, expected) => {
    expect(capitalized(text)).toBe(expected);
  });
});

describe('how sure a mean is', () => {
  const fraction = { unit: 'fraction' } as const;
  const interval = { low: 0.95, high: 0.999 };

  it('stands beside it: the interval and the number of seeds', () => {
    const points = (value: number) => formatSigned(value, fraction);
    expect(formatMean({ mean: 0.971, interval }, 3, points)).toBe(
      '+97.1 points, 95 % interval +95.0 to +99.9, 3 seeds',
    );
    const percent = (value: number) => formatMetric(value, fraction);
    expect(formatMean({ mean: 0.971, interval }, 5, percent)).toBe(
      '97.1 %, 95 % interval 95.0 to 99.9, 5 seeds',
    );
  });

  it('names a unit again where it is another, and none where there is none', () => {
    const time = (value: number) => formatMetric(value, { unit: 'seconds' });
    expect(formatMean({ mean: 1.2, interval: { low: 0.9, high: 1.4 } }, 3, time)).toBe(
      '1.2 s, 95 % interval 900 ms to 1.4, 3 seeds',
    );
    const plain = (value: number) => formatMetric(value, { unit: 'number' });
    expect(formatMean({ mean: 1, interval: { low: -1, high: 3 } }, 3, plain)).toBe(
      '1, 95 % interval −1 to 3, 3 seeds',
    );
  });

  it('is said otherwise where all seeds agree, and of one seed', () => {
    const write = (value: number) => formatMetric(value, fraction);
    const point = { mean: 1, interval: { low: 1, high: 1 } };
    expect(formatMean(point, 3, write)).toBe('100.0 % with each of 3 seeds');
    expect(formatMean(point, 1, write)).toBe('100.0 %, one seed');
  });

  it('is told for conditions, after the worst seed where every seed is asked for', () => {
    const judged = {
      condition: { metric: 'score', arm: 'a', minus: 'b', over: 'mean', atLeast: 0.5 },
      text: '',
      value: 0.6,
      values: [0.5, 0.6, 0.7],
      interval: { low: 0.5, high: 0.7 },
      holds: true,
    } as const;
    const mean = '+60.0 points, 95 % interval +50.0 to +70.0, 3 seeds';
    expect(formatMeasured(judged, fraction)).toBe(mean);
    const every = { ...judged, condition: { ...judged.condition, over: 'every-seed' }, value: 0.5 } as const;
    expect(formatMeasured(every, fraction)).toBe(`+50.0 points in the worst seed; mean ${mean}`);
    const same = { ...every, value: 0, values: [0, 0, 0], interval: { low: 0, high: 0 } };
    expect(formatMeasured(same, fraction)).toBe('+0.0 points with each of 3 seeds');
  });
});

describe('nearest', () => {
  const slugs = ['stn', 'maid', 'bang', 'roma', 'grokking-edge', 'scaling-crossover'];

  it('finds what was mistyped', () => {
    expect(nearest('groking-edge', slugs)).toEqual(['grokking-edge']);
    expect(nearest('Roam', slugs)[0]).toBe('roma');
  });

  it('finds a name by its beginning or by one of its words', () => {
    expect(nearest('grok', slugs)[0]).toBe('grokking-edge');
    expect(nearest('crosover', slugs)[0]).toBe('scaling-crossover');
  });

  it('gives at most three names, and none where there are none', () => {
    expect(nearest('', slugs).length).toBeLessThanOrEqual(3);
    expect(nearest('x'.repeat(100_000), slugs).length).toBeGreaterThan(0);
    expect(nearest('x', [])).toEqual([]);
  });
});
