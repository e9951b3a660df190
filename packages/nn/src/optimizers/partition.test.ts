import { exportOnnx, leavesOf, randomKey, relu, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { Linear } from '../layers/linear.js';
import { LayerNorm } from '../layers/norm.js';
import { repeat } from '../training/batches.js';
import { fit } from '../training/fit.js';
import { trainingStep } from '../training/train.js';
import { adam, adamW } from './adam.js';
import { freeze, frozen, partition } from './partition.js';
import { sgd } from './sgd.js';
import type { GradientTransform } from './transform.js';

const [encoderKey, headKey] = splitKey(randomKey(0));
const network = () => ({
  encoder: new Linear(encoderKey, 2, 3, { dtype: 'float64' }),
  norm: new LayerNorm(3, { dtype: 'float64' }),
  head: new Linear(headKey, 3, 1, { dtype: 'float64' }),
});
type Network = ReturnType<typeof network>;
const batch = tensor(
  [
    [1, 2],
    [-1, 0.5],
    [3, -2],
  ],
  { dtype: 'float64' },
);
const loss = ({ encoder, norm, head }: Network, x: Tensor) =>
  head
    .call(relu(norm.call(encoder.call(x))))
    .square()
    .mean();

const trainWith = (optimizer: GradientTransform) =>
  fit({ model: network(), loss, optimizer, batches: repeat(batch), steps: 3 });
const elementsOf = async ({ encoder, norm, head }: Network) =>
  Promise.all(
    [encoder.weight, norm.scale, head.weight, head.bias!].map(async (each) => [...(await each.data())]),
  );

describe('partition', () => {
  it('gives each parameter the transform of the first pattern that matches', async () => {
    const learningRate = 0.1;
    const { model } = await fit({
      model: network(),
      // Gradients that do not depend on the parameters, so that what one transform does leaves the others alone.
      loss: ({ encoder, norm, head }) =>
        encoder.weight.sum().add(norm.scale.sum()).add(head.weight.sum()).add(head.bias!.sum()),
      optimizer: partition(
        [/(bias|scale|shift)$/, sgd({ learningRate })],
        [/^encoder/, frozen],
        [/./, sgd({ learningRate: 1 })],
      ),
      batches: repeat(batch),
      steps: 2,
    });
    const start = await elementsOf(network());
    const found = await elementsOf(model);
    const moved = [0, 0.2, 2, 0.2];
    found.forEach((values, i) => {
      values.forEach((value, j) => {
        expect(Number(value)).toBeCloseTo(Number(start[i]![j]) - moved[i]!, 12);
      });
    });
  });

  it('of one transform for all is that transform', async () => {
    const optimizer = adamW({ learningRate: 0.1 });
    const whole = await trainWith(optimizer);
    const parted = await trainWith(partition([/^head/, optimizer], [/./, optimizer]));
    expect(parted.loss).toBe(whole.loss);
    expect(await elementsOf(parted.model)).toEqual(await elementsOf(whole.model));
  });

  it('refuses parameters without a pattern and patterns without a parameter', () => {
    const optimizer = sgd({ learningRate: 1 });
    expect(() => partition([/weight$/, optimizer]).init(network())).toThrow(
      'partition: no pattern matches encoder.bias, norm.scale, norm.shift, head.bias',
    );
    expect(() => partition([/./, optimizer], [/bias$/, optimizer]).init(network())).toThrow(
      'partition: /bias$/ is the first match of no parameter; there are encoder.weight',
    );
  });
});

describe('freeze', () => {
  it('keeps what matches and trains the rest as before', async () => {
    const { model } = await trainWith(freeze(adamW({ learningRate: 0.1 }), /^(encoder|norm)\./));
    const [start, found] = [await elementsOf(network()), await elementsOf(model)];
    expect(found.slice(0, 2)).toEqual(start.slice(0, 2));
    expect(found[2]).not.toEqual(start[2]);
    const features = relu(model.norm.call(model.encoder.call(batch)));
    const { model: head } = await fit({
      model: network().head,
      loss: (at, x: Tensor) => at.call(x).square().mean(),
      optimizer: adamW({ learningRate: 0.1 }),
      batches: repeat(features),
      steps: 3,
    });
    expect(await head.weight.sub(model.head.weight).abs().max().item()).toBeLessThan(1e-12);
  });

  it('computes no gradients of what is frozen', async () => {
    /** Matrix products in the program of a training step, state of the optimizer included. */
    const productsIn = async (optimizer: GradientTransform): Promise<number> => {
      const step = trainingStep(loss, optimizer);
      const { bytes } = await exportOnnx(
        ({ model, state }: { model: Network; state: unknown }, x: Tensor) => {
          const { model: next, state: nextState } = step(model, state, x);
          const changed = leavesOf([next, nextState]).filter(
            (leaf) => !leavesOf([model, state]).includes(leaf),
          );
          return Object.fromEntries(changed.map((leaf, i) => [`changed${i}`, leaf]));
        },
        { model: network(), state: optimizer.init(network()) },
        { x: { shape: [3, 2], dtype: 'float64' } },
      );
      const text = new TextDecoder('latin1').decode(bytes);
      // An operator's type is field 4 of its node: its tag, its length, its letters.
      return text.split(/"[^ -~](?:MatMul|Gemm)/).length - 1;
    };
    // Forward two, and backward two for the weights and one from the head to what comes before.
    expect(await productsIn(adam({ learningRate: 0.1 }))).toBe(5);
    expect(await productsIn(freeze(adam({ learningRate: 0.1 }), /^(encoder|norm)\./))).toBe(3);
    expect(await productsIn(partition([/^head/, adam({ learningRate: 0.1 })], [/./, frozen]))).toBe(3);
  });

  it('refuses patterns that match nothing or everything', () => {
    const optimizer = sgd({ learningRate: 1 });
    expect(() => freeze(optimizer, /decoder/).init(network())).toThrow(
      'freeze: /decoder/ matches no parameter; there are encoder.weight, encoder.bias',
    );
    expect(() => freeze(optimizer, /./).init(network())).toThrow('freeze: /./ matches all parameters');
  });
});
