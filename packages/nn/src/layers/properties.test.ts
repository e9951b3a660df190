import {
  compile,
  evaluate,
  foldIn,
  grad,
  leavesOf,
  normal,
  randomKey,
  slice,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  applyUpdates,
  BatchNorm,
  Conv,
  ConvTranspose,
  dropout,
  globalAveragePool,
  Linear,
  Lstm,
  MultiHeadAttention,
  ResidualBlock,
  relu,
  Sequential,
  TransformerBlock,
} from '../index.js';

const numbers = async (x: Tensor) => Array.from(await x.data(), Number);

const largestDifference = async (a: Tensor, b: Tensor) => {
  const [left, right] = [await numbers(a), await numbers(b)];
  expect(left.length).toBe(right.length);
  return Math.max(...left.map((each, i) => Math.abs(each - right[i]!)));
};

const seeds = fc.integer({ min: 0, max: 1e6 });

describe('convolutions', () => {
  it('begin within 1/√(numbers behind an output)', async () => {
    const { weight, bias } = new Conv(randomKey(0), 8, 64, [3, 3], { groups: 2 });
    const largest = Math.max(...(await numbers(weight)).map(Math.abs));
    expect(largest).toBeLessThanOrEqual(1 / 6);
    expect(largest).toBeGreaterThan(0.16);
    expect(Math.max(...(await numbers(bias!)).map(Math.abs))).toBeLessThanOrEqual(1 / 6);
  });

  it('have no bias where none is wanted', () => {
    expect(leavesOf(new Conv(randomKey(0), 1, 2, [3], { bias: false })).length).toBe(1);
    expect(leavesOf(new ConvTranspose(randomKey(0), 1, 2, [3], { bias: false })).length).toBe(1);
  });
});

describe('batch normalization', () => {
  it('is affine in evaluation', () =>
    fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 4 }), async (seed, channels) => {
        const key = randomKey(seed);
        const draw = (i: number, shape: number[]) => normal(foldIn(key, i), shape, { dtype: 'float64' });
        const [, layer] = new BatchNorm(channels, { dtype: 'float64' }).train(draw(0, [5, channels]));
        const [a, b] = [draw(1, [3, channels, 2]), draw(2, [3, channels, 2])];
        const between = layer.call(a.mul(0.3).add(b.mul(0.7)));
        const outputs = layer.call(a).mul(0.3).add(layer.call(b).mul(0.7));
        expect(await largestDifference(between, outputs)).toBeLessThan(1e-12);
      }),
      { numRuns: 10 },
    ));

  it('takes nothing but running statistics from training, and gives them no gradient', async () => {
    const layer = new BatchNorm(2, { dtype: 'float64' });
    const x = tensor(
      [
        [1, 10],
        [3, 30],
      ],
      'float64',
    );
    const [, trained] = layer.train(x);
    expect(trained).toBeInstanceOf(BatchNorm);
    expect(trained.scale).toBe(layer.scale);
    expect(await trained.running.mean.toArray()).toEqual([0.2, 2]);
    const variance = await numbers(trained.running.variance);
    [1.1, 20.9].forEach((each, i) => {
      expect(variance[i]).toBeCloseTo(each, 9);
    });
    const slopes = grad((each: BatchNorm) => each.call(x).square().sum())(layer);
    expect(await slopes.running.mean.toArray()).toEqual([0, 0]);
    expect(await slopes.running.variance.toArray()).toEqual([0, 0]);
  });

  it('trains in a network whose updates are added to the model with the new statistics', async () => {
    class Classifier {
      readonly block = new ResidualBlock(randomKey(1), 1, 4, { stride: 2 });
      readonly head = new Linear(randomKey(2), 4, 1);

      train(x: Tensor): [output: Tensor, model: Classifier] {
        const [features, block] = this.block.train(x);
        const output = this.head.call(globalAveragePool(features));
        return [output, Object.assign(Object.create(Classifier.prototype), this, { block })];
      }

      call(x: Tensor): Tensor {
        return this.head.call(globalAveragePool(this.block.call(x)));
      }
    }
    const optimizer = adam({ learningRate: 0.02 });
    const images = normal(randomKey(3), [16, 1, 6, 6]);
    const targets = images
      .mean({ axis: [1, 2, 3] })
      .mul(4)
      .reshape([16, 1]);
    const step = compile((model: Classifier, state: ReturnType<typeof optimizer.init>) => {
      const [loss, gradients, trained] = valueAndGrad((each: Classifier) => {
        const [output, next] = each.train(images);
        return [output.sub(targets).square().mean(), next] as const;
      })(model);
      const [updates, nextState] = optimizer.update(gradients, state, model);
      return [loss, applyUpdates(trained, updates), nextState] as const;
    });
    let model = new Classifier();
    let state = optimizer.init(model);
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const [loss, next, nextState] = await step(model, state);
      [model, state] = [next, nextState];
      losses.push(await loss.item());
    }
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 10);
    const evaluated = await model.call(images).sub(targets).square().mean().item();
    expect(evaluated).toBeLessThan(losses[0]! / 5);
    await step.release();
  });
});

describe('dropout', () => {
  it('drops the share that it says and divides the rest, the same for the same key', async () => {
    const x = normal(randomKey(0), [10000]);
    const [before, after] = [await numbers(x), await numbers(dropout(randomKey(1), x, 0.25))];
    expect(after).toEqual(await numbers(dropout(randomKey(1), x, 0.25)));
    const dropped = after.filter((each) => each === 0).length;
    expect(dropped).toBeGreaterThan(2300);
    expect(dropped).toBeLessThan(2700);
    after.forEach((each, i) => {
      if (each !== 0) expect(each).toBe(Math.fround(before[i]! / 0.75));
    });
  });

  it('drops nothing at rate 0 and refuses rate 1', async () => {
    const x = normal(randomKey(0), [100]);
    expect(await numbers(dropout(randomKey(1), x, 0))).toEqual(await numbers(x));
    expect(() => dropout(randomKey(1), x, 1)).toThrow(
      'dropout: rate: got 1, expected a number from 0 to below 1',
    );
  });
});

describe('attention', () => {
  it('ignores the future where it is causal', () =>
    fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 4 }), async (seed, cut) => {
        const key = randomKey(seed);
        const block = new TransformerBlock(key, 8, 4, { groups: 2, hidden: 8 });
        const x = normal(foldIn(key, 1), [2, 5, 8]);
        const start = [slice(x, [0, 0, 0], [2, cut, 8]), x] as const;
        const [alone, whole] = await evaluate(start.map((each) => block.call(each, { causal: true })));
        expect(await largestDifference(alone!, slice(whole!, [0, 0, 0], [2, cut, 8]))).toBeLessThan(1e-5);
      }),
      { numRuns: 10 },
    ));

  it('does not see what the mask hides, nor mind how long the context is', async () => {
    const layer = new MultiHeadAttention(randomKey(0), 8, 2);
    const [x, context] = [normal(randomKey(1), [3, 8]), normal(randomKey(2), [4, 8])];
    const hidden = layer.call(x, { context, mask: tensor([true, true, false, false]) });
    const shorter = layer.call(x, { context: slice(context, [0, 0], [2, 8]) });
    expect(await largestDifference(hidden, shorter)).toBeLessThan(1e-6);
  });
});

describe('Lstm', () => {
  it('goes on from a state as if it had never stopped', async () => {
    const layer = new Lstm(randomKey(0), 3, 4);
    const x = normal(randomKey(1), [2, 6, 3]);
    const [whole] = layer.call(x);
    const [, state] = layer.call(slice(x, [0, 0, 0], [2, 2, 3]));
    const [rest] = layer.call(slice(x, [0, 2, 0], [2, 6, 3]), state);
    expect(await largestDifference(rest, slice(whole, [0, 2, 0], [2, 6, 4]))).toBeLessThan(1e-6);
  });
});

describe('ResidualBlock', () => {
  it('keeps its input beside it where shapes agree, and enlarges strides by a shortcut', async () => {
    const plain = new ResidualBlock(randomKey(0), 3, 3);
    expect([plain.shortcut, plain.shortcutNorm]).toEqual([undefined, undefined]);
    const x = normal(randomKey(1), [2, 3, 5, 5]);
    const [output, trained] = plain.train(x);
    expect(output.shape).toEqual(x.shape);
    expect(trained).toBeInstanceOf(ResidualBlock);
    expect(new ResidualBlock(randomKey(0), 3, 4, { stride: 2 }).call(x).shape).toEqual([2, 4, 3, 3]);
  });
});

describe('Sequential', () => {
  it('calls layers and functions in order, and learns through them', async () => {
    const [first, last] = [new Linear(randomKey(0), 3, 4), new Linear(randomKey(1), 4, 2)];
    const network = new Sequential(first, relu, last);
    const x = normal(randomKey(2), [5, 3]);
    expect(await numbers(network.call(x))).toEqual(await numbers(last.call(relu(first.call(x)))));
    const slopes = grad((each: Sequential) => each.call(x).sum())(network);
    expect(leavesOf(slopes).map(({ shape }) => shape)).toEqual([[3, 4], [4], [4, 2], [2]]);
    expect(await numbers(leavesOf(slopes)[3]!)).toEqual([5, 5]);
  });

  it('gives its input back where it is empty', () => {
    const x = normal(randomKey(0), [2]);
    expect(new Sequential().call(x)).toBe(x);
  });
});
