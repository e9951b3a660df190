import type { Metric } from '@evenkeel/lab';
import { describe, expect, it } from 'vitest';
import { axisLabel, formatTick, formatWithInterval, writing } from './words.js';

const fraction: Metric = { name: 'accuracy', label: 'test accuracy', unit: 'fraction', better: 'higher' };
const seconds: Metric = { name: 'time', label: 'time', unit: 'seconds', better: 'lower' };

describe('numbers', () => {
  it('stand with their interval, unless it is a point', () => {
    const summary = { mean: 0.972, std: 0.03, interval: { low: 0.934, high: 0.999 } };
    expect(formatWithInterval(fraction, summary)).toBe('97.2 % (93.4 to 99.9)');
    const time = { mean: 1.5, std: 1, interval: { low: 0.5, high: 2.5 } };
    expect(formatWithInterval(seconds, time)).toBe('1.5 s (500 ms to 2.5)');
    expect(formatWithInterval(fraction, { mean: 1, std: 0, interval: { low: 1, high: 1 } })).toBe('100.0 %');
  });

  it('are written as values or as differences', () => {
    expect(writing(fraction, { signed: true })(0.5)).toBe('+50.0 points');
    expect(writing(fraction, { signed: false })(0.5)).toBe('50.0 %');
  });

  it('stand beside an axis in the unit of its name', () => {
    expect([axisLabel(fraction), formatTick(fraction, 0.25)]).toEqual(['Test accuracy (%)', '25']);
    expect([axisLabel(seconds), formatTick(seconds, 2.5)]).toEqual(['Time (s)', '2.5']);
  });
});
