import type { Metric } from '@evenkeel/lab';
import { describe, expect, it } from 'vitest';
import { axisLabel, formatDifferenceSpread, formatSpread, formatTick } from './words.js';

const fraction: Metric = { name: 'accuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' };
const seconds: Metric = { name: 'time', label: 'time', unit: 'seconds', better: 'lower' };

describe('numbers', () => {
  it('carry unit and spread', () => {
    expect(formatSpread(seconds, { mean: 12.34, std: 0.5 }, 3)).toBe('12.3 s ± 500 ms');
    expect(formatDifferenceSpread(fraction, 0.9951, 0.003, 3)).toBe('+99.5 ± 0.3 points');
    expect(formatDifferenceSpread(fraction, -0.1, 0.01, 3)).toBe('−10.0 ± 1.0 points');
  });

  it('have no spread over one seed', () => {
    expect(formatSpread(fraction, { mean: 0.9, std: 0 }, 1)).toBe('90.0 %');
    expect(formatDifferenceSpread(fraction, 0.5, 0, 1)).toBe('+50.0 points');
  });

  it('stand beside an axis in the unit of its name', () => {
    expect([axisLabel(fraction), formatTick(fraction, 0.25)]).toEqual(['Test accuracy (%)', '25']);
    expect([axisLabel(seconds), formatTick(seconds, 2.5)]).toEqual(['Time (s)', '2.5']);
  });
});
