import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  normal,
  type ResizeOptions,
  randomKey,
  reshape,
  resize,
  type Tensor,
  tensor,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

interface GoldenCase {
  readonly mode: NonNullable<ResizeOptions['mode']>;
  readonly alignCorners: boolean;
  readonly shape: readonly [height: number, width: number];
  readonly size: readonly [height: number, width: number];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

const golden: GoldenCase[] = JSON.parse(
  readFileSync(new URL('./resize.golden.json', import.meta.url), 'utf8'),
);

describe('resize', () => {
  it('agrees with PyTorch 2.15 in every mode, up and down, in both dtypes', async () => {
    for (const { mode, alignCorners, shape, size, input, output } of golden) {
      for (const [dtype, digits] of [
        ['float64', 10],
        ['float32', 4],
      ] as const) {
        const x = reshape(tensor(input, dtype), [1, 1, ...shape]);
        const resized = resize(x, size, { mode, alignCorners });
        expect(resized.shape).toEqual([1, 1, ...size]);
        (await resized.data()).forEach((value, i) => {
          expect(Number(value), `${mode} ${shape} to ${size}`).toBeCloseTo(output[i]!, digits);
        });
      }
    }
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    for (const mode of ['nearest', 'bilinear', 'bicubic'] as const) {
      const fn = (x: Tensor) => resize(x.mul(x), [3, 5], { mode, alignCorners: mode === 'bicubic' });
      const x = normal(randomKey(1), [1, 2, 4, 2], { dtype: 'float64' });
      expect(await gradientError(fn, [x]), mode).toBeLessThan(1e-6);
      expect(await secondGradientError(fn, [x]), mode).toBeLessThan(1e-6);
    }
  });

  it('refuses what does not fit', () => {
    const x = zeros([1, 1, 2, 2]);
    expect(() => resize(x, [0, 2])).toThrow('resize: size: got [0, 2]');
    expect(() => resize(zeros([2, 2]), [1, 1])).toThrow('resize: expected [n, c, h, w], got [2, 2]');
    expect(() => resize(zeros([1, 1, 0, 2]), [1, 2])).toThrow('resize: expected pixels to resize');
    expect(() => resize(x, [1, 1], { mode: 'area' as 'nearest' })).toThrow(
      'resize: mode: expected nearest, bilinear or bicubic, got area',
    );
  });
});
