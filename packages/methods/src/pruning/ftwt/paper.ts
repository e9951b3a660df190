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
    cost: 'One linear head per layer, a second optimizer and a second training run from dense weights. While training, the full layer is still computed to make the targets.',
    useWhen:
      'Convolutional networks that run one sample at a time, on hardware where a skipped filter really saves time.',
    avoidWhen:
      'Inputs run in large batches on hardware that cannot skip filters per sample. With the backbone fine-tuned on both sides, a small trial showed no gain over static pruning.',
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
};
