import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RandomSource, randomSource } from '../index.js';

const draws = (source: RandomSource, count: number) => Array.from({ length: count }, () => source.uniform());
const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('random numbers on the host', () => {
  it('depend on the seed alone, on all of it', () => {
    expect(draws(randomSource(7), 5)).toEqual(draws(randomSource(7), 5));
    for (const other of [8, 7 + 2 ** 32, 7 + 2 ** 52]) {
      expect(draws(randomSource(other), 5)).not.toEqual(draws(randomSource(7), 5));
    }
  });

  it('never change', () => {
    const source = randomSource(42);
    expect([source.integer(1000), source.uniform()]).toEqual([555, 0.3253207368884806]);
    expect(source.normal()).toBeCloseTo(0.20776411426908564, 15);
    expect(source.fork('a').integer(1000)).toBe(680);
  });

  it('are uniform multiples of 2⁻⁵³', () => {
    const values = draws(randomSource(1), 100_000);
    expect(values.every((each) => each >= 0 && each < 1 && Number.isInteger(each * 2 ** 53))).toBe(true);
    expect(values.some((each) => !Number.isInteger(each * 2 ** 32))).toBe(true);
    const buckets = new Array<number>(10).fill(0);
    for (const each of values) buckets[Math.floor(each * 10)]!++;
    // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds.
    expect(buckets.reduce((sum, each) => sum + (each - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });

  it('are normal, up to the fourth moment and far out', () => {
    const source = randomSource(2);
    const values = Array.from({ length: 200_000 }, () => source.normal());
    expect(mean(values)).toBeCloseTo(0, 2);
    expect(mean(values.map((each) => each ** 2))).toBeCloseTo(1, 1.8);
    expect(Math.abs(mean(values.map((each) => each ** 3)))).toBeLessThan(0.03);
    expect(Math.abs(mean(values.map((each) => each ** 4)) - 3)).toBeLessThan(0.1);
    expect(mean(values.map((each) => Number(Math.abs(each) > 1.959964)))).toBeCloseTo(0.05, 2);
    expect(Math.max(...values.slice(0, 100_000))).toBeGreaterThan(3.5);
  });

  it('are integers without bias', () => {
    const source = randomSource(3);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[source.integer(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(350);
    expect(source.integer(1)).toBe(0);
    expect(source.integer(2 ** 32)).toBeLessThan(2 ** 32);
  });

  it('permute, all orders alike', () => {
    const source = randomSource(4);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = source.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 300 }), (seed, length) => {
        expect([...randomSource(seed).permutation(length)].sort((a, b) => a - b)).toEqual(
          Array.from({ length }, (_, i) => i),
        );
      }),
    );
  });

  it('shuffle a copy', () => {
    const items = ['a', 'b', 'c', 'd', 'e', 'f'];
    const shuffled = randomSource(5).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(items).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(shuffled.sort()).toEqual(items);
  });

  it('fork by label, whatever has been drawn', () => {
    const source = randomSource(6);
    const before = draws(source.fork('noise'), 4);
    source.normal();
    expect(draws(source.fork('noise'), 4)).toEqual(before);
    const streams = ['noise', 'nois', '', 1, '1', 2, -1, 2 ** 40].map((label) =>
      draws(source.fork(label), 4).join(),
    );
    streams.push(draws(source.fork(1).fork(2), 4).join(), draws(source.fork(2).fork(1), 4).join());
    streams.push(draws(randomSource(6), 4).join());
    expect(new Set(streams).size).toBe(streams.length);
  });

  it('have streams that do not go together', () => {
    const streams = Array.from({ length: 40 }, (_, i) => draws(randomSource(i), 1000));
    const forks = Array.from({ length: 40 }, (_, i) => draws(randomSource(0).fork(i), 1000));
    for (const group of [streams, forks]) {
      const correlations = group.slice(1).map((each, i) => {
        const product = each.map((value, k) => (value - 0.5) * (group[i]![k]! - 0.5) * 12);
        return mean(product) * Math.sqrt(1000);
      });
      expect(Math.max(...correlations.map(Math.abs))).toBeLessThan(4);
    }
  });

  it('refuse what is no seed, no bound and no label', () => {
    expect(() => randomSource(-1)).toThrow('randomSource: seed must be a non-negative safe integer, got -1');
    expect(() => randomSource(0.5)).toThrow('got 0.5');
    expect(() => randomSource(0).integer(0)).toThrow(
      'integer: below must be an integer from 1 to 2^32, got 0',
    );
    expect(() => randomSource(0).permutation(-1)).toThrow('permutation: length must be an integer');
    expect(() => randomSource(0).fork(0.5)).toThrow(
      'fork: expected a text or a safe integer as label, got 0.5',
    );
  });
});
