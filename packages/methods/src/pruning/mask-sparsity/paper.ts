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
    cost: 'One full training run more than ordinary sparsity training, with a penalty strong enough to bring the masked scales to zero within the schedule. A step of a small network took 1.56 ms with the penalty and 1.53 ms without. Half the channels left 28 % of the multiply-adds of that network, and 78 % of the time of a call.',
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
  usage: `import { chooseMasks, maskByRatio, maskSparsity, scaleMasks } from '@evenkeel/methods';
import { BatchNorm, chain, channelGroups, Conv, crossEntropy, fit, Linear, relu, repeat, Sequential, sgd, shrink } from '@evenkeel/nn';
import { normal, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';

const [first, last, pixels] = splitKey(randomKey(0), 3);
const flat = (x: Tensor) => x.reshape([x.length(0), -1]);
const model = new Sequential(
  new Conv(first, 1, 8, [3, 3], { bias: false }), new BatchNorm(8), relu, flat, new Linear(last, 8 * 36, 2),
);
const batch = { images: normal(pixels, [4, 1, 8, 8]), labels: tensor([0, 1, 0, 1], 'int32') };
const call = (net: Sequential, images: Tensor) => net.call(images);

const groups = channelGroups(model, call, [batch.images]);
const masks = await chooseMasks(model, groups, (scales) => maskByRatio(scales, 0.5)); // of a trained model
const penalty = maskSparsity({ masks: scaleMasks(groups, masks), lambda: 0.01 });
const trained = await fit({
  model,
  loss: (net, { images, labels }) => {
    const [logits, next] = net.train(images);
    return { loss: crossEntropy(logits, labels), model: next };
  },
  optimizer: chain(penalty, sgd({ learningRate: 0.05, momentum: 0.9 })), // before momentum
  batches: repeat(batch),
  steps: 200,
});
const small = await shrink(trained.model, call, [batch.images], masks);
console.log(small.after.multiplyAdds / small.before.multiplyAdds);`,
};
