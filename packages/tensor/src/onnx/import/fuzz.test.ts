import { describe, expect, it } from 'vitest';
import { DTypeError, ShapeError } from '../../graph/errors.js';
import type { Tensor } from '../../graph/tensor.js';
import { exampleInputs, fixtureBytes, fixtureNames, importFixture } from './fixtures.js';
import { importOnnx, OnnxError } from './index.js';

/** Whole numbers from 0 to below a bound, the same for each seed. */
function randomIntegers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof randomIntegers>;
type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const joined = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** A stretch of up to 40 bytes. */
function stretch(bytes: Uint8Array, random: Random): [start: number, end: number] {
  const start = random(bytes.length);
  return [start, Math.min(bytes.length, start + 1 + random(40))];
}

const hugeVarints = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x80, 0x80, 0x80, 0x80, 0x10],
];

/** Changes numbers that stay numbers: lengths in stored shapes, bounds of slices, axes. */
const changeIntegers: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  const values = [0n, -1n, 1n, 7n, 2n ** 31n, 2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n, 1_000_000n];
  const places = Array.from({ length: Math.max(0, copy.length - 8) }, (_, at) => at).filter((at) => {
    const value = view.getBigInt64(at, true);
    return value >= -8n && value < 64n;
  });
  const at = places[random(Math.max(1, places.length))];
  if (at !== undefined) view.setBigInt64(at, values[random(values.length)]!, true);
  return copy;
};

const mutations: Readonly<Record<string, Mutation>> = {
  changeIntegers,
  flipBits(bytes, random) {
    const copy = Uint8Array.from(bytes);
    for (let n = 1 + random(4); n > 0; n--) copy[random(copy.length)]! ^= 1 << random(8);
    return copy;
  },
  // Small changes of small numbers hit lengths, types, counts and indices.
  nudge(bytes, random) {
    const copy = Uint8Array.from(bytes);
    const at = random(copy.length);
    copy[at] = copy[at]! + random(5) - 2;
    return copy;
  },
  setByte(bytes, random) {
    const copy = Uint8Array.from(bytes);
    copy[random(copy.length)] = [0, 1, 0x7f, 0x80, 0xff][random(5)]!;
    return copy;
  },
  truncate: (bytes, random) => bytes.subarray(0, random(bytes.length)),
  remove(bytes, random) {
    const [start, end] = stretch(bytes, random);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  repeat(bytes, random) {
    const [start, end] = stretch(bytes, random);
    const copies = Array.from({ length: 1 + random(20) }, () => bytes.subarray(start, end));
    return joined(bytes.subarray(0, start), ...copies, bytes.subarray(start));
  },
  insertHuge(bytes, random) {
    const at = random(bytes.length);
    const skipped = random(2);
    return joined(
      bytes.subarray(0, at),
      hugeVarints[random(hugeVarints.length)]!,
      bytes.subarray(at + skipped),
    );
  },
  splice(bytes, random, others) {
    const other = others[random(others.length)]!;
    const [start, end] = stretch(other, random);
    const at = random(bytes.length);
    return joined(bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at + random(40)));
  },
  /** Whole messages twice: everything after the first is read again as part of the same model. */
  append: (bytes, random, others) => joined(bytes, others[random(others.length)]!),
};

const count = 10_000;
const limits = { decodedBytes: 2 ** 26, nodes: 5_000, depth: 8 };

describe('importing damaged files', () => {
  it(`gives a model or an error of ours, ${count} times, in bounded time and memory`, async () => {
    const names = fixtureNames.filter((name) => fixtureBytes(name).length < 12_000);
    const files = names.map((name) => fixtureBytes(name));
    const inputs: Tensor[][] = [];
    for (const name of names)
      inputs.push(Object.values(exampleInputs(await importFixture(name), { n: 2, t: 3 })));
    const ways = Object.values(mutations);
    const before = process.memoryUsage().rss;
    const outcomes = new Map<string, number>();
    let [slowest, peak] = [0, 0];
    for (let seed = 0; seed < count; seed++) {
      const random = randomIntegers(seed);
      random(2);
      const which = random(files.length);
      let bytes: Uint8Array = files[which]!;
      for (let n = 1 + random(2); n > 0; n--) bytes = ways[random(ways.length)]!(bytes, random, files);
      const start = performance.now();
      let outcome = 'model';
      try {
        const model = await importOnnx(bytes, { externalData: fixtureBytes, limits });
        outcome = 'imported';
        model.run(inputs[which]!);
        outcome = 'traced';
      } catch (error) {
        const ours = error instanceof OnnxError || error instanceof ShapeError || error instanceof DTypeError;
        const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        if (!ours && !missing) throw new Error(`seed ${seed}: ${names[which]}: ${error}`, { cause: error });
        outcome = outcome === 'imported' ? 'refused when traced' : 'refused when read';
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      slowest = Math.max(slowest, performance.now() - start);
      if (seed % 50 === 0) peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    console.log(
      `${count} files: ${[...outcomes].map(([outcome, n]) => `${n} ${outcome}`).join(', ')};`,
      `slowest ${slowest.toFixed(0)} ms, memory grew by at most ${(peak / 2 ** 20).toFixed(0)} MiB`,
    );
    // Every way a file can go is really gone.
    expect([...outcomes.keys()].sort()).toEqual(['refused when read', 'refused when traced', 'traced']);
    for (const n of outcomes.values()) expect(n).toBeGreaterThan(count / 20);
    expect(slowest).toBeLessThan(2_000);
    expect(peak).toBeLessThan(2 ** 29);
  }, 60_000);
});
