import {
  BatchNorm,
  Conv,
  chain,
  channelGroups,
  crossEntropy,
  fit,
  Linear,
  relu,
  repeat,
  Sequential,
  sgd,
  shrink,
  toOnnx,
} from '@evenkeel/nn';
import { importOnnx, normal, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { chooseMasks, maskByRatio, maskSparsity, scaleMasks } from '../mask-sparsity/index.js';
import { channelSet, countGroups, keepGroups, proximalStep, wgsef } from '../wgsef/index.js';
import { ArmorLinear, armorModel } from './index.js';

const [first, second, third, pixels] = splitKey(randomKey(4), 4) as [Tensor, Tensor, Tensor, Tensor];
const network = new Sequential(
  new Conv(first, 1, 8, [3, 3], { bias: false }),
  new BatchNorm(8),
  relu,
  (x: Tensor) => x.reshape([x.length(0), x.size / x.length(0)]),
  new Linear(second, 8 * 36, 32),
  relu,
  new Linear(third, 32, 4),
);
const call = (model: Sequential, x: Tensor) => model.call(x);
const x = normal(pixels, [32, 1, 8, 8]);
const labels = tensor(
  Array.from({ length: 32 }, (_, i) => i % 4),
  'int32',
);

describe('ARMOR, after MaskSparsity and the sparse envelope have removed channels and neurons in one training', () => {
  it('prunes what is left, into one smaller ONNX file that computes the same', async () => {
    const { groups } = channelGroups(network, call, [x]);
    const [channels, neurons] = groups;
    const masks = await chooseMasks(network, { groups: [channels!], kept: [] }, (scales) =>
      maskByRatio(scales, 0.5),
    );
    const penalty = maskSparsity({ masks: scaleMasks({ groups, kept: [] }, masks), lambda: 0.1 });
    const learningRate = 0.05;
    const hidden = [channelSet(neurons!)];
    const { model: trained } = await fit({
      model: network,
      loss: (net: Sequential, batch) => {
        const [logits, next] = net.train(batch.x);
        return { loss: crossEntropy(logits, batch.labels), model: next };
      },
      optimizer: chain(
        penalty,
        sgd({ learningRate }),
        proximalStep(wgsef({ groups: hidden, k: 8, lambda: 0.2 }), { learningRate }),
      ),
      batches: repeat({ x, labels }),
      steps: 150,
    });
    expect(await countGroups(trained, hidden)).toBeLessThan(16);
    const cut = await keepGroups(trained, hidden, 8);
    const norms = Array.from(await (cut.steps[4] as Linear).weight.square().sum({ axis: 0 }).data(), Number);
    const small = await shrink(cut, call, [x], {
      ...masks,
      [neurons!.name]: norms.map((norm) => Number(norm > 0)),
    });
    expect((small.model.steps[4] as Linear).weight.shape).toEqual([4 * 36, 8]);

    const { model, layers } = await armorModel(small.model, {
      call,
      inputs: [x],
      layers: /steps\.4/,
      blockSize: { left: 4, right: 12 },
      iterations: 100,
      learningRate: 5e-3,
    });
    const { relativeLosses, mask, size } = layers['steps.4']!;
    expect(model.steps[4]).toBeInstanceOf(ArmorLinear);
    expect(relativeLosses.at(-1)).toBeLessThan(relativeLosses[0]! / 3);
    expect(await mask.sum().item()).toBe(4 * 36 * 4);
    expect(size.positions).toBe(2 * 4 * 36 * 4);
    const loss = async (net: Sequential) => Number(await crossEntropy(net.call(x), labels).item());
    expect(Math.abs((await loss(model)) - (await loss(small.model)))).toBeLessThan(0.1);

    const { bytes } = await toOnnx(model, call, { x });
    const whole = await toOnnx(network, call, { x });
    expect(bytes.length).toBeLessThan(0.5 * whole.bytes.length);
    const imported = await importOnnx(bytes);
    expect(await imported.call(x).sub(model.call(x)).abs().max().item()).toBeLessThan(1e-5);
  });
});
