import { cast, type Tensor, tensor } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, type Dataset, fit, type HostArray, loader, sgd } from '../index.js';

type Numbered = { readonly number: HostArray };
const numbered = (length: number) =>
  columns({ number: { data: Int32Array.from({ length }, (_, i) => i), shape: [length], dtype: 'int32' } });

const numbersOf = (batch: { readonly number: Tensor }) => [...(batch.number.value!.data as Int32Array)];
async function take<Item>(items: AsyncIterable<Item>, count = Number.POSITIVE_INFINITY): Promise<Item[]> {
  const taken: Item[] = [];
  if (count === 0) return taken;
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}
const numbersFrom = async (batches: AsyncIterable<{ number: Tensor }>, count?: number) =>
  (await take(batches, count)).map(numbersOf);
const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Reads when told to, and remembers what it was asked for. */
function slowDataset(length: number) {
  const asked: (readonly number[])[] = [];
  const waiting: (() => void)[] = [];
  const dataset: Dataset<Numbered> = {
    length,
    async read(indices) {
      asked.push(indices);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return numbered(length).read(indices);
    },
  };
  const answer = () => {
    for (const each of waiting.splice(0)) each();
  };
  return { dataset, asked, answer };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('a loader', () => {
  const sizes = fc.record({
    length: fc.integer({ min: 1, max: 40 }),
    batchSize: fc.integer({ min: 1, max: 12 }),
    seed: fc.integer({ min: 0, max: 2 ** 40 }),
    shuffle: fc.boolean(),
    prefetch: fc.integer({ min: 0, max: 4 }),
  });

  it('gives every sample exactly once an epoch, in batches of the promised sizes', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 3 }), async ({ length, ...options }, epoch) => {
        const { batchSize, shuffle } = options;
        const dataset = numbered(length);
        const whole = Math.floor(length / batchSize);
        const rest = length % batchSize;

        const kept = loader(dataset, { ...options, last: 'keep' });
        const batches = await numbersFrom(kept.epoch(epoch));
        expect(batches.map((each) => each.length)).toEqual([
          ...range(whole).map(() => batchSize),
          ...(rest ? [rest] : []),
        ]);
        expect(kept.batchesPerEpoch).toBe(batches.length);
        expect(shuffle ? sorted(batches.flat()) : batches.flat()).toEqual(range(length));

        if (whole > 0) {
          const dropping = loader(dataset, options);
          expect(dropping.batchesPerEpoch).toBe(whole);
          expect(await numbersFrom(dropping.epoch(epoch))).toEqual(batches.slice(0, whole));
        }

        const padding = loader(dataset, { ...options, last: 'pad' });
        expect(padding.batchesPerEpoch).toBe(batches.length);
        const padded = await take(padding.epoch(epoch));
        padded.forEach((batch, i) => {
          const expected = batches[i]!;
          expect([batch.number.shape, batch.mask.shape, batch.mask.dtype]).toEqual([
            [batchSize],
            [batchSize],
            'float32',
          ]);
          expect([...(batch.mask.value!.data as Float32Array)]).toEqual(
            range(batchSize).map((place) => Number(place < expected.length)),
          );
          expect(numbersOf(batch)).toEqual(
            range(batchSize).map((place) => expected[place % expected.length]),
          );
        });
      }),
      { numRuns: 60 },
    );
  });

  it('goes on from any step as if it had never stopped', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 0, max: 30 }), async ({ length, ...options }, step) => {
        const batches = loader(numbered(length), { ...options, last: 'keep' });
        const all = await numbersFrom(batches.batchesFrom(0), step + 5);
        expect(await numbersFrom(batches.batchesFrom(step), 5)).toEqual(all.slice(step));
        const epochs = Math.floor(all.length / batches.batchesPerEpoch);
        const byEpoch = await Promise.all(range(epochs).map((epoch) => numbersFrom(batches.epoch(epoch))));
        expect(byEpoch.flat()).toEqual(all.slice(0, epochs * batches.batchesPerEpoch));
      }),
      { numRuns: 40 },
    );
  });

  it('orders by seed and epoch', async () => {
    const epochs = async (seed: number) => {
      const batches = loader(numbered(20), { batchSize: 5, seed });
      return Promise.all([0, 1].map(async (epoch) => (await numbersFrom(batches.epoch(epoch))).flat()));
    };
    const [first, again, other] = await Promise.all([epochs(1), epochs(1), epochs(2)]);
    expect(again).toEqual(first);
    expect(new Set([...first!, ...other!].map(String)).size).toBe(4);
  });

  it('makes tensors of their dtypes and scales bytes', async () => {
    const dataset = columns({
      image: { data: Uint8Array.of(0, 51, 255, 1), shape: [2, 2], dtype: 'float32', scale: 1 / 255 },
      byte: { data: Uint8Array.of(3, 4), shape: [2], dtype: 'int32' },
      flag: { data: Uint8Array.of(1, 0), shape: [2], dtype: 'bool' },
      exact: { data: Float64Array.of(0.1, 0.2), shape: [2, 1], dtype: 'float64' },
    });
    const [batch] = await take(loader(dataset, { batchSize: 2, seed: 0, shuffle: false }).epoch(0));
    expect(batch!.image.dtype).toBe('float32');
    expect(batch!.image.shape).toEqual([2, 2]);
    expect(batch!.image.value!.data).toEqual(Float32Array.of(0, 51 / 255, 1, 1 / 255));
    expect(batch!.byte.value!.data).toEqual(Int32Array.of(3, 4));
    expect([batch!.flag.dtype, batch!.flag.value!.data]).toEqual(['bool', Uint8Array.of(1, 0)]);
    expect(batch!.exact.value!.data).toEqual(Float64Array.of(0.1, 0.2));
  });

  it('augments by seed, epoch and place alone', async () => {
    const options = (seed: number, prefetch = 2) => ({
      batchSize: 4,
      seed,
      prefetch,
      augment: ({ number }: Numbered, random: { integer(below: number): number }) => ({
        number: { ...number, data: Int32Array.from(number.data, () => random.integer(2 ** 30)) },
      }),
    });
    const batches = loader(numbered(12), options(1));
    const all = await numbersFrom(batches.batchesFrom(0), 6);
    expect(new Set(all.map(String)).size).toBe(6);
    expect(await numbersFrom(batches.batchesFrom(4), 2)).toEqual(all.slice(4));
    expect(await numbersFrom(loader(numbered(12), options(1, 0)).epoch(1))).toEqual(all.slice(3));
    expect(await numbersFrom(loader(numbered(12), options(2)).epoch(1))).not.toEqual(all.slice(3));
  });

  it.each([0, 1, 3])('reads %i batches ahead while one is worked on, and none further', async (prefetch) => {
    const { dataset, asked, answer } = slowDataset(100);
    const batches = loader(dataset, { batchSize: 2, seed: 0, shuffle: false, prefetch }).batchesFrom(0);
    expect(asked).toHaveLength(0);
    const iterator = batches[Symbol.asyncIterator]();
    for (let step = 0; step < 4; step++) {
      const next = iterator.next();
      while (asked.length <= step) await settled();
      answer();
      expect(numbersOf((await next).value!)).toEqual([2 * step, 2 * step + 1]);
      await settled();
      expect(asked).toHaveLength(step + 1 + prefetch);
    }
    await iterator.return!();
    answer();
    await settled();
    expect(asked).toHaveLength(4 + prefetch);
  });

  it('stops reading when the loop is left while reading is under way', async () => {
    const { dataset, asked, answer } = slowDataset(100);
    const iterator = loader(dataset, { batchSize: 2, seed: 0 }).batchesFrom(0)[Symbol.asyncIterator]();
    const first = iterator.next();
    const left = iterator.return!();
    await settled();
    answer();
    expect((await first).done).toBe(false);
    expect((await left).done).toBe(true);
    answer();
    await settled();
    expect(asked.length).toBeLessThanOrEqual(3);
    expect((await iterator.next()).done).toBe(true);
  });

  it('hands over an error in its place, and nobody else hears of those behind it', async () => {
    const unheard: unknown[] = [];
    const listen = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', listen);
    const dataset: Dataset<Numbered> = {
      length: 20,
      async read(indices) {
        if (indices[0]! >= 4) throw new Error(`disk error at ${indices[0]}`);
        return numbered(20).read(indices);
      },
    };
    const taken: number[][] = [];
    const run = async () => {
      for await (const batch of loader(dataset, { batchSize: 2, seed: 0, shuffle: false }).batchesFrom(0)) {
        taken.push(numbersOf(batch));
        await settled();
      }
    };
    await expect(run()).rejects.toThrow('disk error at 4');
    expect(taken).toEqual([
      [0, 1],
      [2, 3],
    ]);
    await settled();
    process.off('unhandledRejection', listen);
    expect(unheard).toEqual([]);
  });

  it('is what fit trains on by epochs', async () => {
    const { step, model } = await fit({
      model: { mean: tensor(0) },
      loss: ({ mean }, { number }) => mean.sub(cast(number, 'float32')).square().mean(),
      optimizer: sgd({ learningRate: 0.1 }),
      batches: loader(numbered(9), { batchSize: 2, seed: 0 }),
      epochs: 20,
    });
    expect(step).toBe(80);
    expect(Math.abs((await model.mean.item()) - 4)).toBeLessThan(1.5);
  });

  it('refuses options that make no sense', async () => {
    const dataset = numbered(3);
    expect(() => loader(dataset, { batchSize: 0, seed: 0 })).toThrow('loader: batchSize must be a positive');
    expect(() => loader(dataset, { batchSize: 4, seed: 0 })).toThrow(
      "loader: 3 samples make no batch of 4; 'keep' or 'pad' the last one",
    );
    expect(() => loader(numbered(0), { batchSize: 4, seed: 0, last: 'keep' })).toThrow('has no samples');
    expect(() => loader(dataset, { batchSize: 1, seed: -1 })).toThrow('seed must be a non-negative');
    expect(() => loader(dataset, { batchSize: 1, seed: 0, prefetch: -1 })).toThrow(
      'loader: prefetch must be a non-negative integer, got -1',
    );
    expect(() => loader(dataset, { batchSize: 1, seed: 0, last: 'trim' as 'drop' })).toThrow(
      'last must be drop, keep or pad, got trim',
    );
    const { batchesFrom, epoch } = loader(dataset, { batchSize: 1, seed: 0 });
    expect(() => batchesFrom(-1)).toThrow('batchesFrom: step must be a non-negative integer, got -1');
    expect(() => epoch(0.5)).toThrow('epoch: number must be a non-negative integer, got 0.5');
    const masked = columns({ mask: { data: Float32Array.of(1), shape: [1], dtype: 'float32' } });
    expect(() => loader(masked, { batchSize: 1, seed: 0, last: 'pad' })).toThrow('has a column mask');
    const short = { length: 4, read: () => numbered(4).read([0]) };
    await expect(take(loader(short, { batchSize: 2, seed: 0 }).epoch(0))).rejects.toThrow(
      'loader: the data set gave number [1] where 2 samples were wanted',
    );
    const halving = loader(numbered(4), { batchSize: 2, seed: 0, augment: () => numbered(4).read([0]) });
    await expect(take(halving.epoch(0))).rejects.toThrow('loader: augment gave number [1]');
  });
});
