import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Augmentation,
  augmentations,
  columns,
  cutout,
  type HostArray,
  horizontalFlip,
  loader,
  mixup,
  noise,
  randomCrop,
  randomShift,
  randomSource,
} from '../../index.js';

/** Pixels count from 1, so that zeros come from outside. */
const counting = (count: number, channels: number, height: number, width: number): HostArray => {
  const data = Uint8Array.from({ length: count * channels * height * width }, (_, i) => (i % 255) + 1);
  return { data, shape: [count, channels, height, width], dtype: 'float32', scale: 0.5 };
};
const labels: HostArray = { data: Int32Array.of(0, 1, 2, 3), shape: [4], dtype: 'int32' };
const rows = ({ data, shape }: HostArray, image: number, channel = 0): number[][] => {
  const [, channels, height, width] = shape as [number, number, number, number];
  const from = (image * channels + channel) * height * width;
  return Array.from({ length: height }, (_, y) => [...data.slice(from + y * width, from + (y + 1) * width)]);
};
const sizes = fc.record({
  count: fc.integer({ min: 1, max: 5 }),
  channels: fc.integer({ min: 1, max: 3 }),
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 6 }),
  seed: fc.nat(),
});

describe('augmentations', () => {
  const all: [string, Augmentation][] = [
    ['randomCrop', randomCrop({ padding: 2 })],
    ['randomShift', randomShift({ pixels: 1 })],
    ['horizontalFlip', horizontalFlip()],
    ['cutout', cutout({ size: 2 })],
    ['noise', noise({ deviation: 0.1 })],
    ['mixup', mixup()],
    ['a list', augmentations(horizontalFlip(), cutout({ size: 1 }))],
  ];

  it.each(all)('%s leaves its batch as it is and draws by the source alone', (_, augment) => {
    const batch = { images: counting(4, 2, 5, 4), labels };
    const before = structuredClone(batch);
    const [first, again, other] = [1, 1, 2].map((seed) => augment(batch, randomSource(seed)));
    expect(batch).toEqual(before);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first!.images.shape).toEqual([4, 2, 5, 4]);
    expect(first!.images.dtype).toBe('float32');
  });

  it('in a list draw numbers of their own', () => {
    const batch = { images: counting(4, 1, 4, 4) };
    const none: Augmentation = (given) => given;
    const both = augmentations(cutout({ size: 1 }), horizontalFlip())(batch, randomSource(3));
    const flipped = augmentations(none, horizontalFlip())(batch, randomSource(3));
    const changed = [...both.images.data].filter((each, i) => each !== flipped.images.data[i]);
    expect(changed).toEqual([0, 0, 0, 0]);
  });

  it('run in a loader', async () => {
    const dataset = columns({ images: counting(4, 1, 2, 2), labels });
    const batches = loader(dataset, { batchSize: 4, seed: 0, augment: mixup() });
    for await (const { images, share, otherLabels } of batches.epoch(0)) {
      expect([images.shape, share.dtype, otherLabels.dtype]).toEqual([[4, 1, 2, 2], 'float32', 'int32']);
    }
    const flipping = loader(dataset, { batchSize: 4, seed: 0, augment: augmentations(horizontalFlip()) });
    for await (const { images } of flipping.epoch(0)) expect(images.dtype).toBe('float32');
  });
});

describe('crops and shifts', () => {
  it('are windows of the padded image', () => {
    fc.assert(
      fc.property(sizes, fc.nat(3), ({ count, channels, height, width, seed }, padding) => {
        const images = counting(count, channels, height, width);
        const { images: moved } = randomShift({ pixels: padding })({ images }, randomSource(seed));
        for (let i = 0; i < count; i++) {
          const places: string[] = [];
          for (let dy = -padding; dy <= padding; dy++) {
            for (let dx = -padding; dx <= padding; dx++) {
              const window = Array.from({ length: channels }, (_, channel) => {
                const from = rows(images, i, channel);
                return from.map((row, y) => row.map((_, x) => from[y + dy]?.[x + dx] ?? 0));
              });
              places.push(String(window));
            }
          }
          const got = Array.from({ length: channels }, (_, channel) => rows(moved, i, channel));
          expect(places).toContain(String(got));
        }
      }),
    );
  });

  it('reach every place, and take another size', () => {
    const images = counting(200, 1, 1, 3);
    const { images: cropped } = randomCrop({ size: [1, 2] })({ images }, randomSource(0));
    expect(cropped.shape).toEqual([200, 1, 1, 2]);
    const lefts = Array.from({ length: 200 }, (_, i) => rows(cropped, i)[0]![0]! - rows(images, i)[0]![0]!);
    expect(lefts.filter((left) => left === 0).length).toBeGreaterThan(70);
    expect(lefts.filter((left) => left === 1).length).toBeGreaterThan(70);
  });
});

describe('flips', () => {
  it('mirror all, none or half of the images', () => {
    const images = counting(400, 2, 2, 3);
    const mirrored = (probability: number) => {
      const { images: flipped } = horizontalFlip({ probability })({ images }, randomSource(1));
      return Array.from({ length: 400 }, (_, i) => {
        const [before, after] = [rows(images, i, 1), rows(flipped, i, 1)];
        const isMirrored = String(after) === String(before.map((row) => row.toReversed()));
        expect(isMirrored || String(after) === String(before)).toBe(true);
        return isMirrored;
      }).filter(Boolean).length;
    };
    expect([mirrored(0), mirrored(1)]).toEqual([0, 400]);
    expect(Math.abs(mirrored(0.5) - 200)).toBeLessThan(40);
  });
});

describe('cutout', () => {
  it('clears one square in all channels, and nothing else', () => {
    fc.assert(
      fc.property(sizes, fc.nat(4), ({ count, channels, height, width, seed }, size) => {
        const images = counting(count, channels, height, width);
        const { images: cut } = cutout({ size })({ images }, randomSource(seed));
        for (let i = 0; i < count; i++) {
          const holes = Array.from({ length: channels }, (_, channel) =>
            rows(cut, i, channel).flatMap((row, y) =>
              row.flatMap((each, x) => (each === 0 ? [`${y},${x}`] : [])),
            ),
          );
          for (const hole of holes) expect(hole).toEqual(holes[0]);
          const ys = new Set(holes[0]!.map((place) => place.split(',')[0]));
          const xs = new Set(holes[0]!.map((place) => place.split(',')[1]));
          expect(holes[0]).toHaveLength(ys.size * xs.size);
          expect(ys.size).toBeLessThanOrEqual(size);
          expect(ys.size > 0).toBe(size > 0);
          const kept = [...cut.data].every((each, k) => each === 0 || each === images.data[k]);
          expect(kept).toBe(true);
        }
      }),
    );
  });
});

describe('noise', () => {
  it('has the deviation that was asked for, on the values that bytes stand for', () => {
    const images: HostArray = {
      data: new Uint8Array(20_000).fill(100),
      shape: [20_000],
      dtype: 'float32',
      scale: 0.01,
    };
    const { images: noisy } = noise({ deviation: 0.2 })({ images }, randomSource(0));
    const values = [...noisy.data];
    const mean = values.reduce((sum, each) => sum + each, 0) / 20_000;
    const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 20_000;
    expect([noisy.dtype, noisy.scale]).toEqual(['float32', undefined]);
    expect(mean).toBeCloseTo(1, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.2, 2);
  });
});

describe('mixup', () => {
  it('mixes each image with the one whose label it names', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.05, max: 5, noNaN: true }), (seed, alpha) => {
        const images: HostArray = { data: Float64Array.of(0, 10, 20, 30), shape: [4], dtype: 'float64' };
        const mixed = mixup({ alpha })({ images, labels }, randomSource(seed));
        const share = mixed.share.data[0]!;
        expect([mixed.labels, mixed.share.shape]).toEqual([labels, [4]]);
        expect(share >= 0 && share <= 1).toBe(true);
        mixed.images.data.forEach((value, i) => {
          expect(value).toBeCloseTo(10 * (share * i + (1 - share) * mixed.otherLabels.data[i]!), 5);
        });
      }),
    );
  });

  it('has shares of the Beta distribution', () => {
    const batch = { images: { ...labels, dtype: 'float32' as const }, labels };
    for (const alpha of [0.2, 1, 4]) {
      const shares = Array.from(
        { length: 4000 },
        (_, seed) => mixup({ alpha })(batch, randomSource(seed)).share.data[0]!,
      );
      const mean = shares.reduce((sum, each) => sum + each, 0) / 4000;
      const variance = shares.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 4000;
      expect(mean).toBeCloseTo(0.5, 1);
      expect(variance * 4 * (2 * alpha + 1)).toBeCloseTo(1, 1);
    }
  });
});

describe('options and batches that make no sense', () => {
  it('are refused', () => {
    expect(() => randomCrop({ padding: -1 })).toThrow(
      'randomCrop: padding must be a non-negative integer, got -1',
    );
    expect(() => randomCrop({ size: 0 })).toThrow('randomCrop: height and width must be positive integers');
    expect(() => randomShift({ pixels: 0.5 })).toThrow('randomShift: pixels must be a non-negative integer');
    expect(() => horizontalFlip({ probability: 2 })).toThrow(
      'horizontalFlip: probability must be in [0, 1], got 2',
    );
    expect(() => cutout({ size: -1 })).toThrow('cutout: size must be a non-negative integer, got -1');
    expect(() => noise({ deviation: -1 })).toThrow('noise: deviation must be at least 0, got -1');
    expect(() => mixup({ alpha: 0 })).toThrow('mixup: alpha must be above 0, got 0');
    const random = randomSource(0);
    expect(() => randomCrop({ size: 4 })({ images: counting(1, 1, 3, 5) }, random)).toThrow(
      'randomCrop: images of 3 × 5 with 0 around have no part of 4 × 4',
    );
    expect(() => horizontalFlip()({ images: labels }, random)).toThrow(
      'horizontalFlip: images: expected [n, channels, height, width], got [4]',
    );
    expect(() => cutout({ size: 1, column: 'x' })({ images: labels }, random)).toThrow(
      'cutout: there is no column x among images',
    );
    expect(() => noise({ deviation: 1 })({ images: labels }, random)).toThrow(
      'noise: expected float32 or float64',
    );
  });
});
