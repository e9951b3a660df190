import { ShapeError } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { columns } from '../dataset.js';
import { randomSource } from '../random.js';
import { longTailedSamples, samplesByShare, samplesPerClass } from './classSamples.js';
import { contrastiveViews } from './contrastiveViews.js';
import { disjointParts } from './disjointParts.js';
import { multiColorDigits } from './multiColorDigits.js';
import { poolImages } from './poolImages.js';
import { randomizeLabels } from './randomizeLabels.js';
import { shiftedDomains } from './shiftedDomains.js';
import { superResolutionPairs } from './superResolutionPairs.js';
import { fakeDigits, moments, sharesOf } from './testing/samples.js';

const digits = fakeDigits(1000, 0);
const labels = digits.columns.labels.data;
const pixel = (n: number, y: number, x: number) => digits.columns.images.data[(n * 28 + y) * 28 + x]! / 255;

describe('poolImages and superResolutionPairs', () => {
  it('average squares of pixels and apply the scale of bytes', () => {
    const { images, labels } = poolImages(digits).columns;
    expect(images.shape).toEqual([1000, 1, 14, 14]);
    const square = [pixel(7, 4, 10), pixel(7, 4, 11), pixel(7, 5, 10), pixel(7, 5, 11)];
    expect(images.data[(7 * 14 + 2) * 14 + 5]).toBeCloseTo(moments(square).mean, 6);
    expect(labels).toBe(digits.columns.labels);
    const { low, high } = superResolutionPairs(digits, 4).columns;
    expect([low.shape, high.shape]).toEqual([
      [1000, 1, 7, 7],
      [1000, 1, 28, 28],
    ]);
    expect(high.data[30]).toBeCloseTo(pixel(0, 1, 2), 6);
    expect(moments(low.data).mean).toBeCloseTo(moments(high.data).mean, 6);
  });

  it('refuse squares that do not fit and arrays that are no images', () => {
    expect(() => poolImages(digits, 3)).toThrow(
      new ShapeError('poolImages: images of 28 × 28 do not divide into squares of 3'),
    );
    expect(() => poolImages(digits, 0)).toThrow('poolImages: size: got 0');
    const flat = columns({
      images: { ...digits.columns.images, shape: [1000, 784] },
      labels: digits.columns.labels,
    });
    expect(() => poolImages(flat)).toThrow(
      new ShapeError('poolImages: images: got shape [1000, 784], expected [n, channels, height, width]'),
    );
    expect(() => superResolutionPairs(flat)).toThrow('superResolutionPairs: images: got shape [1000, 784]');
  });
});

describe('shiftedDomains', () => {
  const pooled = poolImages(digits);
  const parts = disjointParts(pooled, { train: 700, test: 300 }, 0);
  const domains = shiftedDomains(parts, { seed: 3 });

  it('deals every picture to one of five domains', () => {
    expect(domains.length).toBe(5);
    expect(domains.reduce((sum, { train }) => sum + train.length, 0)).toBe(700);
    expect(domains.reduce((sum, { test }) => sum + test.length, 0)).toBe(300);
    for (const { train } of domains) expect(train.length).toBeGreaterThan(100);
  });

  it('shows the pictures of a domain by one gain and one pattern, the same in all parts', () => {
    const gains = domains.map(({ train, test }) => {
      // Two pictures of a domain differ by the gain alone.
      const spread = [train, test].map(({ columns: { images } }) =>
        Math.sqrt(moments(images.data.filter((_, i) => i % 196 === 0)).variance),
      );
      expect(spread[1]! / spread[0]!).toBeGreaterThan(0.7);
      expect(spread[1]! / spread[0]!).toBeLessThan(1.4);
      return (
        spread[0]! / Math.sqrt(moments(pooled.columns.images.data.filter((_, i) => i % 196 === 0)).variance)
      );
    });
    for (const gain of gains) {
      expect(gain).toBeGreaterThan(0.8 * Math.exp(-1));
      expect(gain).toBeLessThan(1.2 * Math.exp(1));
    }
    expect(Math.max(...gains) / Math.min(...gains)).toBeGreaterThan(1.3);
  });

  it('leaves the pictures as they are without gain and pattern', () => {
    const [only] = shiftedDomains({ all: pooled }, { seed: 0, domains: 1, logGain: 0, pattern: 0 });
    expect(only!.all.columns.images.data).toEqual(pooled.columns.images.data);
    expect(only!.all.columns.labels.data).toEqual(pooled.columns.labels.data);
  });

  it('refuses pictures of different sizes, and none', () => {
    expect(() => shiftedDomains({ train: pooled, test: digits }, { seed: 0 })).toThrow(
      new ShapeError('shiftedDomains: pictures of different shapes: train [1, 14, 14], test [1, 28, 28]'),
    );
    expect(() => shiftedDomains({}, { seed: 0 })).toThrow('shiftedDomains: expected at least one part');
  });
});

describe('multiColorDigits', () => {
  const pooled = poolImages(digits);
  const colorsOf = (inputs: ArrayLike<number>, n: number) =>
    Array.from({ length: 32 }, (_, patch) =>
      [0, 1, 2].map((channel) => inputs[n * 292 + 196 + 3 * patch + channel]).join(),
    );

  it('shows each digit by one colour in each patch, ten different ones', () => {
    const { inputs } = multiColorDigits(pooled, { seed: 0 }).columns;
    expect(inputs.shape).toEqual([1000, 292]);
    expect(colorsOf(inputs.data, 0)).toEqual(colorsOf(inputs.data, 10));
    const first = Array.from({ length: 10 }, (_, digit) => colorsOf(inputs.data, digit)[0]);
    expect(new Set(first).size).toBe(10);
    expect(inputs.data[195]).toBe(pooled.columns.images.data[195]);
  });

  it('keeps the colours in another sample of the same world', () => {
    const color = (seed: number, world: number) =>
      colorsOf(multiColorDigits(pooled, { seed, world }).columns.inputs.data, 0);
    expect(color(0, 4)).toEqual(color(1, 4));
    expect(color(0, 4)).not.toEqual(color(0, 5));
  });

  it('replaces colours as often as each patch says', () => {
    const randomShare = Array.from({ length: 32 }, (_, patch) => (patch < 16 ? 0.5 : 1));
    const right = multiColorDigits(pooled, { seed: 0 }).columns.inputs.data;
    const { inputs } = multiColorDigits(pooled, { seed: 0, randomShare, digitGain: 0.5 }).columns;
    const equal = [0, 0];
    for (let n = 0; n < 1000; n++) {
      const [shown, own] = [colorsOf(inputs.data, n), colorsOf(right, n)];
      shown.forEach((color, patch) => {
        equal[patch < 16 ? 0 : 1]! += Number(color === own[patch]) / 16_000;
      });
    }
    expect(equal[0]).toBeCloseTo(0.55, 1.7);
    expect(equal[1]).toBeCloseTo(0.1, 1.7);
    expect(inputs.data[100]).toBeCloseTo(pooled.columns.images.data[100]! / 2, 6);
  });

  it('refuses what is no digit', () => {
    const data = labels.map((label) => label + 5);
    const shifted = columns({ ...pooled.columns, labels: { data, shape: [1000], dtype: 'int32' as const } });
    expect(() => multiColorDigits(shifted, { seed: 0 })).toThrow(
      'multiColorDigits: labels[5]: got 10, expected a digit from 0 to 9',
    );
  });
});

describe('contrastiveViews', () => {
  it('shifts all pictures of a view alike, and gives each a gain', () => {
    const batch = fakeDigits(50, 1).columns;
    const { first, second } = contrastiveViews({ noise: 0 })(batch, randomSource(2));
    expect(first.data).not.toEqual(second.data);
    const ratios = Array.from({ length: 50 }, (_, n) => {
      const found = [];
      for (let down = -3; down <= 3; down++) {
        for (let right = -3; right <= 3; right++) {
          const at = (y: number, x: number) => batch.images.data[(n * 28 + y - down) * 28 + x - right]! / 255;
          const seen = (y: number, x: number) => first.data[(n * 28 + y) * 28 + x]!;
          const gains = [
            [10, 10],
            [14, 12],
            [20, 8],
          ].map(([y, x]) => seen(y!, x!) / at(y!, x!));
          const same = gains.every((gain) => Math.abs(gain - gains[0]!) < 1e-4);
          if (same) found.push({ shift: `${down},${right}`, gain: gains[0]! });
        }
      }
      return found;
    }).flat();
    const shifts = new Set(ratios.map(({ shift }) => shift));
    const [shift] = [...shifts].sort((a, b) => count(b) - count(a));
    function count(of: string) {
      return ratios.filter((each) => each.shift === of).length;
    }
    expect(count(shift!)).toBeGreaterThanOrEqual(45);
    const gains = ratios.filter((each) => each.shift === shift).map(({ gain }) => gain);
    expect(Math.min(...gains)).toBeGreaterThanOrEqual(0.6);
    expect(Math.max(...gains)).toBeLessThanOrEqual(1.4);
    expect(Math.max(...gains) - Math.min(...gains)).toBeGreaterThan(0.5);
  });

  it('adds noise of its deviation', () => {
    const black = {
      images: { data: new Float32Array(78_400), shape: [100, 1, 28, 28], dtype: 'float32' as const },
    };
    const { first } = contrastiveViews()(black, randomSource(0));
    expect(Math.sqrt(moments(first.data).variance)).toBeCloseTo(0.2, 2);
  });
});

describe('choices of samples', () => {
  it('disjointParts gives parts of the sizes without a sample in two', () => {
    const numbered = columns({
      number: { data: Int32Array.from({ length: 100 }, (_, i) => i), shape: [100], dtype: 'int32' as const },
    });
    const { a, b } = disjointParts(numbered, { a: 60, b: 40 }, 5);
    const all = [...a.columns.number.data, ...b.columns.number.data];
    expect(all.sort((x, y) => x - y)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([a.length, b.length]).toEqual([60, 40]);
  });

  it('samplesPerClass takes equally many of each class, each once', () => {
    const samples = samplesPerClass(labels, { seed: 0, count: 20 });
    expect(new Set(samples).size).toBe(200);
    expect(
      sharesOf(
        samples.map((i) => labels[i]!),
        10,
      ),
    ).toEqual(Array(10).fill(expect.closeTo(0.1, 9)));
  });

  it('samplesByShare thins the classes that it is told to', () => {
    const many = fakeDigits(20_000, 0).columns.labels.data;
    const shares = [1, 1, 1, 1, 1, 0.15, 0.15, 0.15, 0.15, 0.15];
    const samples = samplesByShare(many, { seed: 0, shares });
    expect(samples).toEqual(samples.slice().sort());
    shares.forEach((share, label) => {
      const kept = samples.filter((i) => many[i] === label).length / 2000;
      expect(kept).toBeCloseTo(share, share === 1 ? 9 : 1.2);
    });
  });

  it('longTailedSamples follows the power of the ratio in a random order of the classes', () => {
    const { samples, order, counts } = longTailedSamples(labels, { seed: 1, largest: 100, ratio: 50 });
    expect([...order].map((label) => counts[label])).toEqual([100, 65, 42, 27, 18, 11, 7, 5, 3, 2]);
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(samples.length).toBe(280);
    expect(new Set(samples).size).toBe(280);
    counts.forEach((count, label) => {
      expect(samples.filter((i) => labels[i] === label).length).toBe(count);
    });
  });

  it('randomizeLabels leaves the others as they were', () => {
    const many = fakeDigits(10_000, 0).columns.labels.data;
    const wrong = randomizeLabels(many, { seed: 0, share: 0.3, classes: 10 }).filter(
      (label, i) => label !== many[i],
    );
    expect(wrong.length).toBeLessThan(3000);
    expect(wrong.length / 10_000).toBeCloseTo(0.27, 1.7);
    expect(randomizeLabels(many, { seed: 0, share: 0, classes: 10 })).toEqual(Int32Array.from(many));
  });
});
