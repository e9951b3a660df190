import type { Paper } from '../../paper.js';

export const maskSparsity: Paper = {
  slug: 'mask-sparsity',
  title: 'Pruning-aware Sparse Regularization for Network Pruning',
  arxivId: '2201.06776',
  date: '2022-01-18',
  authorCount: 6,
  repository: 'https://github.com/CASIA-IVA-Lab/MaskSparsity',
  family: 'pruning',
  summary:
    'Puts the sparsity penalty only on the scales of channels that will be pruned, so that the channels that stay train freely.',
  inOneMinute: {
    problem:
      'Sparsity training before pruning usually shrinks the scales of all channels. On the channels that stay, the penalty serves no purpose and makes the network fit worse.',
    idea: 'A run with the penalty on every batch-norm scale decides which channels go. Training then restarts from the dense weights with the penalty on those scales only; they fall to zero, their channels are removed, and the rest is fine-tuned.',
    cost: 'One full training run more than ordinary sparsity training. A step costs almost nothing extra, but the penalty must be strong enough to bring the masked scales to zero within the schedule.',
    useWhen:
      'Removing whole channels from convolutional networks with batch normalization, residual ones included, when the network should be good right after pruning.',
    avoidWhen:
      'Channels have no scale of their own, or time allows only a weak penalty: channels then still matter when they are removed. Batch-norm biases are not penalized, so removing a channel can still shift the output.',
  },
  published: [
    {
      setting: 'CIFAR-10 ResNet-110: top-1 change (63.03% fewer FLOPs, 60.34% fewer parameters)',
      values: [{ arm: 'MaskSparsity', value: 'no loss' }],
    },
    {
      setting: 'ILSVRC-2012 ResNet-50: top-1 change (> 51.07% fewer FLOPs)',
      values: [{ arm: 'MaskSparsity', value: '-0.76 points' }],
    },
  ],
};
