import type { Paper } from '../../paper.js';

export const adab2n: Paper = {
  slug: 'adab2n',
  title: 'Overcoming Recency Bias of Normalization Statistics in Continual Learning: Balance and Adaptation',
  arxivId: '2310.08855',
  date: '2023-10-13',
  authorCount: 7,
  repository: 'https://github.com/lvyilin/AdaB2N',
  family: 'training',
  summary:
    'Batch normalization for continual learning that weighs tasks more evenly, so test statistics do not just follow the newest task.',
  inOneMinute: {
    problem:
      'The running mean and variance of batch normalization drift towards the task trained last. Older tasks are then normalized with the wrong statistics, even when some of their examples are replayed.',
    idea: 'In training, each task is weighted by a Dirichlet posterior over its count in the batch, with one learned number per task and layer. The running statistics use a momentum between a constant one and a cumulative average, and a small loss pulls the batch statistics towards them.',
    cost: 'One number per task in every layer, a step counter, and two settings to tune: the momentum exponent kappa and the loss weight lambda. Training batches need task labels; evaluation needs none.',
    useWhen:
      'Continual learning with replay and batch normalization, above all in a single pass over the data and when the look of the inputs shifts between tasks.',
    avoidWhen:
      'There is one task or no task labels: the layer is then ordinary batch normalization. With as much replayed as new data, or with new classes but no shift in appearance, small trials showed no gain in accuracy.',
  },
  published: [
    {
      setting: 'Split CIFAR-10, one epoch: gain in accuracy over batch normalization',
      values: [{ arm: 'AdaB2N', value: 'up to 7.68 points' }],
    },
    {
      setting: 'Split CIFAR-100, one epoch: gain in accuracy over batch normalization',
      values: [{ arm: 'AdaB2N', value: 'up to 6.86 points' }],
    },
    {
      setting: 'Split Mini-ImageNet, one epoch: gain in accuracy over batch normalization',
      values: [{ arm: 'AdaB2N', value: 'up to 4.26 points' }],
    },
  ],
};
