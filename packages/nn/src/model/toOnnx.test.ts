import { globalAveragePool, importOnnx, normal, randomKey, type Tensor, take, zeros } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm,
  Conv,
  channelGroups,
  dropout,
  Linear,
  MultiHeadAttention,
  modelSummary,
  relu,
  toOnnx,
} from '../index.js';

class Classifier {
  readonly layers: readonly Conv[] = [new Conv(randomKey(0), 1, 4, [3, 3], { padding: 1 })];
  readonly norm = new BatchNorm(4);
  readonly head = new Linear(randomKey(1), 4, 3);

  train(x: Tensor, key: Tensor): Tensor {
    const [features] = this.norm.train(this.layers[0]!.call(x));
    return this.head.call(dropout(key, globalAveragePool(relu(features)), 0.5));
  }

  call(x: Tensor): Tensor {
    return this.head.call(globalAveragePool(relu(this.norm.call(this.layers[0]!.call(x)))));
  }
}

const largestDifference = async (a: Tensor, b: Tensor) => {
  expect(a.shape).toEqual(b.shape);
  return a.sub(b).abs().max().item();
};

describe('toOnnx', () => {
  const model = new Classifier();
  const images = normal(randomKey(2), [2, 1, 6, 6]);
  const call = (each: Classifier, x: Tensor) => each.call(x);

  it('writes weights by their paths, and computes the same for batches of any length', async () => {
    const { bytes } = await toOnnx(model, call, { images });
    const imported = await importOnnx(bytes);
    expect(imported.inputs).toEqual([{ name: 'images', dtype: 'float32', shape: ['batch', 1, 6, 6] }]);
    expect(Object.keys(imported.weights)).toEqual(
      expect.arrayContaining(['layers.0.weight', 'layers.0.bias', 'head.weight', 'head.bias']),
    );
    for (const n of [1, 2, 5]) {
      const x = normal(randomKey(n), [n, 1, 6, 6]);
      expect(await largestDifference(imported.call(x), model.call(x))).toBeLessThan(1e-5);
    }
  });

  it('takes several inputs of other dtypes and gives outputs by name', async () => {
    const layer = new MultiHeadAttention(randomKey(0), 8, 2);
    const table = normal(randomKey(1), [7, 8]);
    const { bytes } = await toOnnx(
      { layer, table },
      (each, tokens, scale) => {
        const features = each.layer.call(take(each.table, tokens!));
        return { features, scaled: features.mul(scale!) };
      },
      { tokens: { shape: [2, 3], dtype: 'int32' }, scale: { shape: [2, 1, 1] } },
    );
    const imported = await importOnnx(bytes);
    expect(imported.inputs.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      'tokens int32',
      'scale float32',
    ]);
    expect(imported.outputs.map(({ name }) => name)).toEqual(['features', 'scaled']);
  });

  it('keeps lengths, or calls the axis otherwise', async () => {
    const shapes = async (batchAxis: string | undefined) =>
      (await importOnnx((await toOnnx(model, call, { images }, { batchAxis })).bytes)).inputs[0]!.shape;
    expect(await shapes(undefined)).toEqual([2, 1, 6, 6]);
    expect(await shapes('n')).toEqual(['n', 1, 6, 6]);
  });

  it('passes options of the export on', async () => {
    const { bytes } = await toOnnx(model, call, { images }, { weights: { as: 'float16' } });
    const imported = await importOnnx(bytes);
    const difference = await largestDifference(imported.call(images), model.call(images));
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(1e-2);
  });

  it('costs as much when it is read again', async () => {
    const imported = await importOnnx((await toOnnx(model, call, { images })).bytes);
    const [ours, theirs] = [modelSummary(model, [images]), modelSummary(imported, [images])];
    expect(theirs.multiplyAdds).toBe(ours.multiplyAdds);
    expect(theirs.multiplyAdds).toBe(2 * 4 * 36 * 9 + 2 * 4 * 3);
  });

  it('keeps scales and statistics what they are to whoever trains or prunes the file', async () => {
    const imported = await importOnnx((await toOnnx(model, call, { images })).bytes);
    expect([...imported.buffers.keys()]).toEqual(['norm.running.mean', 'norm.running.variance']);
    const { groups } = channelGroups(imported, (each, x) => each.call(x), [images]);
    expect(groups.map(({ channels }) => channels)).toEqual([4]);
    expect(groups[0]!.places.filter(({ role }) => role === 'scale')).toMatchObject([
      { path: 'parameters.norm.scale' },
    ]);
  });

  it('refuses scalars where there is a batch', async () => {
    await expect(toOnnx({ w: zeros([]) }, ({ w }, x) => x!.mul(w), { x: { shape: [] } })).rejects.toThrow(
      'toOnnx: input "x" is a scalar and has no axis batch; say batchAxis: undefined',
    );
  });
});
