import { describe, expect, it } from 'vitest';
import { landCover } from './landCover.js';
import { moments, sharesOf } from './testing/samples.js';

describe('landCover', () => {
  const { images, labels } = landCover({ seed: 0, train: 1, test: 2000, lines: 5, tint: 2 }).test.columns;
  const pixels = (n: number, channel: number) =>
    images.data.subarray((n * 3 + channel) * 256, (n * 3 + channel + 1) * 256);

  it('has four classes of equal share', () => {
    expect(images.shape).toEqual([2000, 3, 16, 16]);
    for (const share of sharesOf(labels.data, 4)) expect(share).toBeCloseTo(0.25, 1.5);
  });

  it('raises two whole rows or two whole columns, as the class says', () => {
    for (let n = 0; n < 100; n++) {
      const line = (across: boolean, at: number) =>
        moments(pixels(n, 2).filter((_, i) => (across ? Math.floor(i / 16) : i % 16) === at)).mean;
      const raised = (across: boolean) =>
        Array.from({ length: 16 }, (_, at) => at).filter((at) => line(across, at) > 3).length;
      const vertical = labels.data[n]! >= 2;
      expect([raised(true), raised(false)]).toEqual(vertical ? [0, 2] : [2, 0]);
    }
  });

  it('tints the first two channels, with equal signs for even classes', () => {
    for (let n = 0; n < 100; n++) {
      const tints = [0, 1, 2].map((channel) => moments(pixels(n, channel)).mean - (5 * 2) / 16);
      for (const tint of tints.slice(0, 2)) expect(Math.abs(tint)).toBeCloseTo(2, 0.2);
      expect(tints[2]).toBeCloseTo(0, 0.2);
      expect(Math.sign(tints[0]! * tints[1]!)).toBe(labels.data[n]! % 2 === 0 ? 1 : -1);
    }
  });

  it('is plain noise elsewhere', () => {
    const plain = landCover({ seed: 0, train: 50, test: 1, lines: 0, tint: 0 }).train.columns.images.data;
    const { mean, variance } = moments(plain);
    expect(mean).toBeCloseTo(0, 1.7);
    expect(variance).toBeCloseTo(1, 1.3);
  });
});
