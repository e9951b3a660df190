import { compile, normal, randomKey, relu, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { adamW } from '../optimizers/adam.js';
import { repeat } from '../training/batches.js';
import { fit } from '../training/fit.js';
import { Conv } from './conv.js';
import { BatchNorm } from './norm.js';
import { ResidualBlock } from './residualBlock.js';
import { Sequential } from './sequential.js';

const [convKey, blockKey, imageKey] = splitKey(randomKey(0), 3);
const images = normal(imageKey, [4, 1, 5, 5], { dtype: 'float64' });
const network = () =>
  new Sequential(
    new Conv(convKey, 1, 3, [3, 3], { dtype: 'float64' }),
    new BatchNorm(3, { dtype: 'float64' }),
    relu,
    new Sequential(new ResidualBlock(blockKey, 3, 2, { dtype: 'float64' })),
  );

describe('Sequential in training', () => {
  it('normalizes by the batch and moves the running statistics of all layers', async () => {
    const model = network();
    const [output, trained] = await compile((at: Sequential, x: Tensor) => at.train(x))(model, images);
    const [conv, norm, , inner] = model.steps as [Conv, BatchNorm, unknown, Sequential];
    const [normalized, expectedNorm] = norm.train(conv.call(images));
    const [expected, expectedBlock] = (inner.steps[0] as ResidualBlock).train(relu(normalized));
    const distance = output.sub(expected).abs().max();
    expect(await distance.item()).toBeLessThan(1e-12);
    const [, found, same, foundInner] = trained.steps as [Conv, BatchNorm, unknown, Sequential];
    expect(same).toBe(relu);
    expect(found).toBeInstanceOf(BatchNorm);
    const block = foundInner.steps[0] as ResidualBlock;
    for (const [a, b] of [
      [found.running.mean, expectedNorm.running.mean],
      [found.running.variance, expectedNorm.running.variance],
      [block.firstNorm.running.mean, expectedBlock.firstNorm.running.mean],
      [block.shortcutNorm!.running.variance, expectedBlock.shortcutNorm!.running.variance],
    ] as const) {
      expect(await a.sub(b).abs().max().item()).toBeLessThan(1e-12);
      expect(await a.sub(0).abs().max().item()).toBeGreaterThan(0);
    }
  });

  it('is call where no layer has state', async () => {
    const model = new Sequential(new Conv(convKey, 1, 2, [3, 3], { dtype: 'float64' }), relu);
    const [output, same] = model.train(images);
    expect(await output.toArray()).toEqual(await model.call(images).toArray());
    expect(same.steps).toEqual(model.steps);
  });

  it('leaves running statistics to the batches: weight decay and momentum do not touch them', async () => {
    const steps = 5;
    const { model } = await fit({
      model: new Sequential(new BatchNorm(1, { dtype: 'float64' })),
      loss: (at, x: Tensor) => {
        const [output, model] = at.train(x);
        return { loss: output.square().mean(), model };
      },
      optimizer: adamW({ learningRate: 0.1, weightDecay: 0.5 }),
      batches: repeat(tensor([[1], [2], [6]], { dtype: 'float64' })),
      steps,
    });
    const { running, scale } = model.steps[0] as BatchNorm;
    // Of 1, 2 and 6: mean 3 and, over n - 1, variance 7; the statistics began at 0 and 1.
    expect(await running.mean.item()).toBeCloseTo(3 * (1 - 0.9 ** steps), 12);
    expect(await running.variance.item()).toBeCloseTo(7 - 6 * 0.9 ** steps, 12);
    expect(await scale.item()).toBeLessThan(0.6);
  });
});
