import { describe, expect, it } from 'vitest';
import { itemCatalogue } from './itemCatalogue.js';
import { moments, sharesOf, sumOf } from './testing/samples.js';

describe('itemCatalogue', () => {
  const { items, log, test } = itemCatalogue({ seed: 0, pairs: 50_000 });
  const { features, topics, popularities, seen } = items.columns;

  it('has features of 320 values that belong to the topic, but for one in ten', () => {
    expect(features.shape).toEqual([1000, 6]);
    const own = features.data.filter((value, i) => Math.floor(value / 8) === topics.data[Math.floor(i / 6)]);
    expect(own.length / 6000).toBeCloseTo(0.9 + 0.1 / 40, 1.7);
    expect(features.data.every((value) => value >= 0 && value < 320)).toBe(true);
  });

  it('has nearly equal features within a group and independent ones across', () => {
    const equal = (a: number, b: number) =>
      Array.from({ length: 1000 }, (_, i) => Number(features.data[6 * i + a] === features.data[6 * i + b]));
    expect(moments(equal(0, 2)).mean).toBeCloseTo(0.81, 1.4);
    expect(moments(equal(3, 5)).mean).toBeCloseTo(0.81, 1.4);
    expect(moments(equal(0, 3)).mean).toBeLessThan(0.2);
  });

  it('has popularities of a power law, and a log that follows them', () => {
    const sorted = [...popularities.data].sort((a, b) => b - a);
    expect(sumOf(sorted)).toBeCloseTo(1, 12);
    for (const rank of [2, 10, 1000]) {
      expect(Math.log(sorted[rank - 1]! / sorted[0]!) / Math.log(rank)).toBeCloseTo(-1.2, 9);
    }
    const shares = sharesOf(log.columns.items.data, 1000);
    const top = popularities.data.indexOf(sorted[0]!);
    expect(shares[top]).toBeCloseTo(sorted[0]!, 1.7);
    expect(seen.data[top]).toBe(log.columns.items.data.filter((item) => item === top).length);
    expect(sumOf(seen.data)).toBe(50_000);
  });

  it('tests with all items alike, by queries that agree on a topic', () => {
    expect(Math.max(...sharesOf(test.columns.items.data, 1000))).toBeLessThan(0.006);
    const { queries } = test.columns;
    const first = Array.from({ length: 3000 }, (_, i) => i).filter(
      (i) => topics.data[test.columns.items.data[i]!] === 0,
    );
    const latent = first.map((i) => Math.atanh(queries.data[16 * i]!));
    expect(Math.sqrt(moments(latent).variance)).toBeCloseTo(0.5, 0.8);
  });
});
