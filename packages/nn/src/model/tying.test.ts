import {
  compile,
  evaluate,
  flatten,
  grad,
  importOnnx,
  leavesOf,
  mapTree,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  take,
  tensor,
  transpose,
  valueAndGrad,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  adam,
  applyUpdates,
  crossEntropy,
  Linear,
  loadModel,
  readSafetensors,
  saveModel,
  toOnnx,
} from '../index.js';

/** A model of language in the small, whose first and last matrices are one. */
class Tied {
  readonly table: Tensor;
  readonly inner: Linear;
  readonly output: { readonly table: Tensor };

  constructor(key: Tensor) {
    const [forTable, forInner] = splitKey(key);
    this.table = normal(forTable, [5, 4], { dtype: 'float64' });
    this.inner = new Linear(forInner, 4, 4, { dtype: 'float64' });
    this.output = { table: this.table };
  }

  call(tokens: Tensor): Tensor {
    const features = this.inner.call(take(this.table, tokens)).tanh();
    return features.matMul(transpose(this.output.table));
  }
}

const tokens = tensor([0, 3, 2, 4], 'int32');
const labels = tensor([3, 2, 4, 0], 'int32');
const loss = (model: Tied) => crossEntropy(model.call(tokens), labels);
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

describe('a tensor at two places', () => {
  it('is one parameter, by its first path', () => {
    expect(flatten(new Tied(randomKey(0))).paths).toEqual(['table', 'inner.weight', 'inner.bias']);
  });

  it('gets the sum of the gradients of its places, at both', async () => {
    const model = new Tied(randomKey(0));
    const slopes = grad(loss)(model);
    expect(slopes.table).toBe(slopes.output.table);
    const apart = Object.assign(Object.create(Tied.prototype), model, {
      output: { table: mapTree((each) => each.mul(1), model.table) },
    }) as Tied;
    const each = grad(loss)(apart);
    const [together, sum] = [await numbers(slopes.table), await numbers(each.table.add(each.output.table))];
    together.forEach((value, i) => {
      expect(value).toBeCloseTo(sum[i]!, 13);
    });
  });

  it('has one state in the optimizer, and is one after training', async () => {
    const optimizer = adam({ learningRate: 0.05 });
    let model = await evaluate(new Tied(randomKey(0)));
    let state = optimizer.init(model);
    const step = compile((each: Tied, before: typeof state) => {
      const [value, slopes] = valueAndGrad(loss)(each);
      const [updates, next] = optimizer.update(slopes, before, each);
      return [value, applyUpdates(each, updates), next] as const;
    });
    const moments = leavesOf(state).filter(({ shape }) => shape.join() === '5,4').length;
    const untied = leavesOf(optimizer.init({ a: model.table, b: normal(randomKey(1), [5, 4]) }));
    expect(untied.filter(({ shape }) => shape.join() === '5,4').length).toBe(2 * moments);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const [value, next, nextState] = await step(model, state);
      [model, state] = [next, nextState];
      losses.push(await value.item());
    }
    await step.release();
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
    expect(model.table).toBe(model.output.table);
    expect(leavesOf(model).length).toBe(3);
  });

  it('is stored once, and tied again when it is read', async () => {
    const model = new Tied(randomKey(0));
    const bytes = await saveModel(model);
    expect(Object.keys(readSafetensors(bytes).arrays).sort()).toEqual([
      'inner.bias',
      'inner.weight',
      'table',
    ]);
    const loaded = loadModel(new Tied(randomKey(1)), bytes);
    expect(loaded.table).toBe(loaded.output.table);
    expect(await numbers(loaded.table)).toEqual(await numbers(model.table));
  });

  it('is one initializer in a file', async () => {
    const model = new Tied(randomKey(0));
    const { bytes } = await toOnnx(model, (each, x) => each.call(x), { tokens });
    const imported = await importOnnx(bytes);
    const names = Object.keys(imported.weights);
    expect(names.filter((name) => /table|inner/.test(name))).toEqual(['table', 'inner.weight', 'inner.bias']);
    const [stored, expected] = [await numbers(imported.call(tokens)), await numbers(model.call(tokens))];
    stored.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12);
    });
  });
});
