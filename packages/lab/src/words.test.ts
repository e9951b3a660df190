import { describe, expect, it } from 'vitest';
import type { Metric } from './experiment.js';
import { formatDifference, formatMetric } from './format.js';
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
