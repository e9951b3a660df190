import { describe, expect, it } from 'vitest';
import {
  cast,
  channelsFirst,
  channelsLast,
  mul,
  normal,
  padEdge,
  padReflect,
  pixelShuffle,
  pixelUnshuffle,
  randomKey,
  reshape,
  resizeBilinear,
  type Shape,
  type Tensor,
  tensor,
  upsampleNearest,
  zeros,
} from '../index.js';
import { gradientError, secondGradientError } from '../testing/gradients.js';

const random = (shape: Shape) => normal(randomKey(4), shape, { dtype: 'float64' });
const numbers = async (value: Tensor) => Array.from(await value.data(), Number);

/** Bilinear interpolation of one image, pixel by pixel. */
function resizedByLoops(
  image: readonly number[],
  [h, w]: [number, number],
  [height, width]: [number, number],
) {
  const along = (to: number, from: number, i: number) => {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), share: at - low };
  };
  return Array.from({ length: height * width }, (_, i) => {
    const [row, column] = [along(height, h, Math.floor(i / width)), along(width, w, i % width)];
    const mixed = (y: number) =>
      image[y * w + column.low]! * (1 - column.share) + image[y * w + column.high]! * column.share;
    return mixed(row.low) * (1 - row.share) + mixed(row.high) * row.share;
  });
}

describe('image operations', () => {
  it('resizes bilinearly like plain loops, up and down, in both dtypes', async () => {
    const sizes: [[number, number], [number, number]][] = [
      [
        [3, 4],
        [7, 5],
      ],
      [
        [5, 4],
        [2, 3],
      ],
      [
        [1, 3],
        [4, 1],
      ],
      [
        [4, 4],
        [4, 4],
      ],
    ];
    for (const [from, to] of sizes) {
      const x = random([1, 1, ...from]);
      const expected = resizedByLoops(await numbers(x), from, to);
      for (const [dtype, digits] of [
        ['float64', 12],
        ['float32', 5],
      ] as const) {
        const resized = await numbers(resizeBilinear(cast(x, dtype), to));
        expect(resized.length).toBe(expected.length);
        resized.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, digits);
        });
      }
    }
  });

  it.each(['float32', 'float64'] as const)('repeats pixels of %s', async (dtype) => {
    const x = reshape(tensor([1, 2, 3, 4], dtype), [1, 1, 2, 2]);
    const up = upsampleNearest(x, [2, 3]);
    expect(up.shape).toEqual([1, 1, 4, 6]);
    const [top, bottom] = [
      [1, 1, 1, 2, 2, 2],
      [3, 3, 3, 4, 4, 4],
    ] as const;
    expect(await numbers(up)).toEqual([...top, ...top, ...bottom, ...bottom]);
  });

  it('shuffles channels into space and back', async () => {
    const x = random([2, 8, 2, 3]);
    const shuffled = pixelShuffle(x, 2);
    expect(shuffled.shape).toEqual([2, 2, 4, 6]);
    const [given, moved] = [await numbers(x), await numbers(shuffled)];
    const at = (n: number, c: number, h: number, w: number) => ((n * 2 + c) * 4 + h) * 6 + w;
    for (let i = 0; i < given.length; i++) {
      const [w, h, c, n] = [i % 3, Math.floor(i / 3) % 2, Math.floor(i / 6) % 8, Math.floor(i / 48)];
      const tap = c % 4;
      expect(moved[at(n, Math.floor(c / 4), h * 2 + Math.floor(tap / 2), w * 2 + (tap % 2))]).toBe(given[i]);
    }
    expect(await numbers(pixelUnshuffle(shuffled, 2))).toEqual(given);
  });

  it('mirrors and repeats edges', async () => {
    const x = tensor([1, 2, 3]);
    expect(await numbers(padReflect(x, [2], [1]))).toEqual([3, 2, 1, 2, 3, 2]);
    expect(await numbers(padEdge(x, [2], [1]))).toEqual([1, 1, 1, 2, 3, 3]);
    const square = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(await numbers(padReflect(square, [1, 0], [0, 1]))).toEqual([3, 4, 3, 1, 2, 1, 3, 4, 3]);
  });

  it('moves channels last and first again', async () => {
    const x = random([1, 2, 2, 2]);
    const [a, b, c, d, e, f, g, h] = await numbers(x);
    expect(await numbers(channelsLast(x))).toEqual([a, e, b, f, c, g, d, h]);
    expect(await numbers(channelsFirst(channelsLast(x)))).toEqual([a, b, c, d, e, f, g, h]);
  });

  it('has right first and second derivatives', { timeout: 60_000 }, async () => {
    const operations: Record<string, (x: Tensor) => Tensor> = {
      upsampleNearest: (x) => upsampleNearest(x, [2, 1]),
      resizeBilinear: (x) => resizeBilinear(x, [3, 5]),
      pixelShuffle: (x) => pixelShuffle(x, 2),
      pixelUnshuffle: (x) => pixelUnshuffle(x, 2),
      padReflect: (x) => padReflect(x, [0, 1, 1, 0], [0, 2, 0, 1]),
      padEdge: (x) => padEdge(x, [0, 0, 1, 3], [0, 1, 0, 2]),
      channelsLast,
      channelsFirst,
    };
    for (const [name, operation] of Object.entries(operations)) {
      for (const images of [0, 1]) {
        const x = random([images, 4, 4, 2]);
        const fn = (each: Tensor) => operation(mul(each, each));
        expect(await gradientError(fn, [x]), `${name}: first`).toBeLessThan(1e-6);
        expect(await secondGradientError(fn, [x]), `${name}: second`).toBeLessThan(1e-6);
      }
    }
  });

  const x = zeros([1, 3, 3, 2]);
  it.each<[() => unknown, string]>([
    [
      () => upsampleNearest(x, 1.5),
      'upsampleNearest: factor: got [1.5, 1.5], expected 2 integers of at least 1',
    ],
    [() => upsampleNearest(zeros([2, 2]), 2), 'upsampleNearest: expected [n, c, h, w], got [2, 2]'],
    [() => upsampleNearest(zeros([1, 1, 2, 2], 'int32'), 2), 'upsampleNearest: expected float32 or float64'],
    [() => resizeBilinear(x, [0, 2]), 'resizeBilinear: size: got [0, 2]'],
    [() => resizeBilinear(zeros([1, 1, 0, 2]), [1, 2]), 'resizeBilinear: expected pixels to resize'],
    [() => pixelShuffle(x, 2), 'pixelShuffle: channels: got 3 in [1, 3, 3, 2], expected a multiple of 4'],
    [() => pixelUnshuffle(x, 2), 'pixelUnshuffle: sizes: got [1, 3, 3, 2], expected multiples of 2'],
    [
      () => padReflect(x, [0, 0, 3, 0], [0, 0, 0, 0]),
      'padReflect: got 3 and 0 around axis 2 of [1, 3, 3, 2], expected at most 2',
    ],
    [() => padEdge(x, [1], [1]), 'padEdge: before: got [1], expected 4 integers'],
    [() => padEdge(zeros([0]), [1], [0]), 'padEdge: got 1 and 0 around axis 0 of [0], expected at most 0'],
    [() => channelsFirst(zeros([2])), 'channelsFirst: expected [n, h, w, c]'],
    [() => channelsLast(zeros([2])), 'channelsLast: expected [n, c, h, w]'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
