import type { Paper } from '../../paper.js';

export const ftwt: Paper = {
  slug: 'ftwt',
  title: 'Fire Together Wire Together: A Dynamic Pruning Approach with Self-Supervised Mask Prediction',
  arxivId: '2110.08232',
  date: '2021-10-15',
  authorCount: 4,
  repository: 'https://github.com/selkerdawy/FTWT',
  family: 'pruning',
  summary:
    'A small head per layer predicts for each input which filters will respond most, and the others are skipped; no sparsity loss is needed.',
  inOneMinute: {
    problem:
      'Static pruning removes the same filters for every input. Dynamic pruning chooses per input, but is mostly trained with a sparsity loss that has to be weighed against the task and does not tell beforehand how much work is saved.',
    idea: 'The head pools the input of its layer and predicts a mask. Its target comes from the unpruned output of that layer: the filters whose peak activations make up a share r of the total. Head and network have separate losses, and running the targets on the dense network shows the saving before training.',
    cost: 'One linear head per layer, a second optimizer and a second training run from dense weights: a training step of a small network with two gates took 1.3 times as long (11.9 against 9.0 ms). In the experiment here half of the multiply-adds go, and the time of a digit does not: 103 % of that of the dense network, against 62 % for one that lacks as many filters for all digits. On layers of 32 to 256 channels, with half of the filters gathered for each sample, a call took 0.8 to 1.8 times as long on one thread of ONNX Runtime.',
    useWhen:
      'Hardware really skips single filters of a single sample, and the saving must be known before training. Where the network cannot be trained again, heads alone lost 10 points less than random masks in the experiment here.',
    avoidWhen:
      'Inputs run in batches, or convolutions are fast only with fixed weights, as on ONNX Runtime. In the experiment here a static mask with as many filters is as good without fine-tuning, and better by 0.7 points after it.',
  },
  published: [
    {
      setting: 'CIFAR-10 VGG16-BN, r = 0.92, decoupled: top-1 (56% fewer FLOPs)',
      values: [
        { arm: 'dense', value: '93.82' },
        { arm: 'FTWT', value: '93.73' },
      ],
    },
    {
      setting: 'CIFAR-10 ResNet-56, r = 0.80, decoupled: top-1 (66% fewer FLOPs)',
      values: [
        { arm: 'dense', value: '93.66' },
        { arm: 'FTWT', value: '92.63' },
      ],
    },
    {
      setting: 'ImageNet ResNet-34, decoupled: top-1 (FLOPs reduction)',
      values: [
        { arm: 'dense', value: '73.30' },
        { arm: 'FTWT, r = 0.97', value: '73.25 (25.86%)' },
        { arm: 'FTWT, r = 0.93', value: '72.17 (47.42%)' },
        { arm: 'FTWT, r = 0.92', value: '71.71 (52.24%)' },
      ],
    },
  ],
  usage: `import { estimateReduction, type GatedNetwork, gateNetwork, gateOptimizer, maskLoss } from '@evenkeel/methods';
import { BatchNorm, Conv, crossEntropy, fit, frozen, Linear, relu, repeat, Sequential, sgd } from '@evenkeel/nn';
import { normal, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';

const [first, second, last, headKey, pixels] = splitKey(randomKey(0), 5);
const flat = (x: Tensor) => x.reshape([x.length(0), -1]);
const network = new Sequential( // a trained one
  new Conv(first, 3, 8, [3, 3], { bias: false }), new BatchNorm(8), relu,
  new Conv(second, 8, 16, [3, 3], { bias: false }), new BatchNorm(16), relu, flat, new Linear(last, 256, 2),
);
const batch = { images: normal(pixels, [4, 3, 8, 8]), labels: tensor([0, 1, 0, 1], 'int32') };

const gated = gateNetwork(headKey, network, { target: { type: 'mass', r: 0.7 } });
console.log(await estimateReduction(gated, [batch.images])); // the saving to expect, before training
const tune = (model: GatedNetwork, weight: number, heads = sgd({ learningRate: 0.1, momentum: 0.9 })) =>
  fit({
    model,
    loss: (net, { images, labels }) => {
      const { output, gates, network: next } = net.pass(images, { training: true });
      const masks = maskLoss(gates.map(({ logits }) => logits), gates.map(({ target }) => target), weight);
      return { loss: crossEntropy(output, labels).add(masks), model: next };
    },
    optimizer: gateOptimizer({ backbone: sgd({ learningRate: 0.01, momentum: 0.9 }), heads }),
    batches: repeat(batch),
    steps: 100,
  });
const learned = await tune(gated, 1);
const trained = await tune(learned.model, 0, frozen); // the second half: heads stay as they are
console.log(await trained.model.call(batch.images).data());`,
};
