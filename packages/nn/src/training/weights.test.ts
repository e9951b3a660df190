import { randomKey, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { Linear } from '../layers/linear.js';
import { BatchNorm } from '../layers/norm.js';
import { Sequential } from '../layers/sequential.js';
import { readSafetensors, writeSafetensors } from '../safetensors.js';
import { loadModel, saveModel } from './weights.js';

const network = (seed: number) => new Sequential(new Linear(randomKey(seed), 2, 3), new BatchNorm(3));

describe('saveModel and loadModel', () => {
  it('keep every element, and the form', async () => {
    const model = network(0);
    const bytes = await saveModel(model, { made: 'here' });
    const loaded = loadModel(network(1), bytes);
    expect(loaded).toBeInstanceOf(Sequential);
    expect(await saveModel(loaded, { made: 'here' })).toEqual(bytes);
    const x = tensor([[1, 2]]);
    expect(await loaded.call(x).toArray()).toEqual(await model.call(x).toArray());
    expect(readSafetensors(bytes).metadata).toEqual({ made: 'here' });
  });

  it('name tensors as PyTorch does', async () => {
    const { arrays } = readSafetensors(await saveModel({ layers: [new Linear(randomKey(0), 2, 3)] }));
    expect(Object.keys(arrays).sort()).toEqual(['layers.0.bias', 'layers.0.weight']);
  });

  it('keep all dtypes, and a tensor alone', async () => {
    const model = {
      floats: tensor([[0.1], [-0]]),
      doubles: tensor([0.1], 'float64'),
      small: tensor([1, -2], 'int32'),
      large: tensor(BigInt64Array.of(2n ** 62n)),
      bits: tensor(Uint32Array.of(2 ** 32 - 1)),
      marks: tensor([true, false]),
      none: tensor(new Float32Array(), { shape: [0, 3] }),
    };
    const loaded = loadModel(model, await saveModel(model));
    for (const name of Object.keys(model) as (keyof typeof model)[]) {
      expect([loaded[name].dtype, loaded[name].shape]).toEqual([model[name].dtype, model[name].shape]);
      expect(await loaded[name].data()).toEqual(await model[name].data());
    }
    expect(await loadModel(tensor([0, 0]), await saveModel(tensor([1, 2]))).toArray()).toEqual([1, 2]);
  });

  it('take what Node reads files into', async () => {
    const bytes = await saveModel(network(0));
    const pooled = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]).subarray(6, -5);
    expect(await saveModel(loadModel(network(1), pooled))).toEqual(bytes);
  });

  it('keep weights tied that are tied', async () => {
    const shared = tensor([1, 2]);
    const tied = { a: shared, b: { c: shared } };
    const bytes = await saveModel(tied);
    expect(Object.keys(readSafetensors(bytes).arrays)).toEqual(['a']);
    const loaded = loadModel(tied, bytes);
    expect(loaded.a).toBe(loaded.b.c);
  });

  it('refuse files of other models, saying all that differs', () => {
    const array = (shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape });
    const bytes = writeSafetensors({
      'steps.0.weight': { ...array([3, 2]), dtype: 'float32' },
      'steps.0.bias': { data: new Float64Array(3), shape: [3], dtype: 'float64' },
      'steps.1.scale': { ...array([3]), dtype: 'float32' },
      'steps.1.shift': { ...array([3]), dtype: 'float32' },
      'steps.1.running.mean': { ...array([3]), dtype: 'float32' },
      extra: { ...array([1]), dtype: 'float32' },
    });
    expect(() => loadModel(network(0), bytes)).toThrow(
      'loadModel: steps.0.weight is float32 [3, 2], expected float32 [2, 3]; ' +
        'steps.0.bias is float64 [3], expected float32 [3]; steps.1.running.variance is missing; extra is not expected',
    );
    expect(() => loadModel(network(0), bytes.slice(0, 40))).toThrow('readSafetensors');
  });

  it('refuse models in which paths are ambiguous', async () => {
    await expect(saveModel({ 'a.b': tensor(1), a: { b: tensor(2) } })).rejects.toThrow(
      'saveModel: two tensors have the path a.b',
    );
  });
});
