import type { Paper } from '../../paper.js';

export const anyloss: Paper = {
  slug: 'anyloss',
  title: 'AnyLoss: Transforming Classification Metrics into Loss Functions',
  arxivId: '2405.14745',
  date: '2024-05-23',
  authorCount: 3,
  repository: 'https://github.com/doheonhan/anyloss',
  family: 'training',
  summary:
    'Makes F1, G-mean and other binary metrics trainable as a loss, so that rare positives weigh as much as the metric says.',
  inOneMinute: {
    problem:
      'Classifiers are trained on cross-entropy or squared error but judged by F1, G-mean or balanced accuracy. Those metrics count hard labels and have no useful gradient, and on imbalanced data the two goals pull apart.',
    idea: 'A second, very steep sigmoid turns each probability into a number close to 0 or 1. Summed over the batch, these give soft counts of true and false positives and negatives; one minus the metric of the counts is the loss.',
    cost: 'One more sigmoid and four sums per batch, no extra parameters, one steepness to choose. Gradients become tiny away from probability 0.5, and in float32 the default steepness of 73 needs a numerically stable formula. Measured on a small network with batches of 512, a training step took as long as with cross-entropy (0.64 ms each).',
    useWhen:
      'Binary classification with a rare positive class, when F1, G-mean or balanced accuracy is what you report and batches are large enough to hold both classes.',
    avoidWhen:
      'Plain accuracy is the goal, or a threshold chosen after training will do: in our runs cross-entropy with the threshold of the best training F1, or with weighted classes, came as far. A loss aimed at balanced accuracy costs much plain accuracy, and a batch without positives leaves some metrics undefined.',
  },
  published: [
    {
      setting: '102 tabular datasets, linear model, mean F1 over 10-fold cross-validation',
      values: [
        { arm: 'MSE', value: '0.493' },
        { arm: 'BCE', value: '0.561' },
        { arm: 'AnyLoss F1', value: '0.673' },
      ],
    },
    {
      setting: '102 tabular datasets, linear model, mean balanced accuracy over 10-fold cross-validation',
      values: [
        { arm: 'MSE', value: '0.706' },
        { arm: 'BCE', value: '0.739' },
        { arm: 'AnyLoss balanced accuracy', value: '0.815' },
      ],
    },
    {
      setting: '102 tabular datasets, MLP, mean accuracy over 10-fold cross-validation',
      values: [
        { arm: 'MSE', value: '0.895' },
        { arm: 'BCE', value: '0.894' },
        { arm: 'AnyLoss accuracy', value: '0.886' },
      ],
    },
  ],
  usage: `import { anyLoss } from '@evenkeel/methods';
import { adam, fit, Linear, relu, repeat } from '@evenkeel/nn';
import { randomKey, splitKey, tensor } from '@evenkeel/tensor';

const [first, second] = splitKey(randomKey(0));
const model = { hidden: new Linear(first, 2, 16), output: new Linear(second, 16, 1) };
const batch = {
  inputs: tensor([[0, 0], [0, 1], [1, 0], [0.2, 0.1], [0.9, 1], [1, 1]]),
  labels: tensor([0, 0, 0, 0, 1, 1], 'int32'),
};

const f1Loss = anyLoss('fbeta', { from: 'logits', steepness: 10 }); // one minus the soft F1
const trained = await fit({
  model,
  loss: ({ hidden, output }, { inputs, labels }) =>
    f1Loss(output.call(relu(hidden.call(inputs))).reshape(labels.shape), labels),
  optimizer: adam({ learningRate: 0.02 }),
  batches: repeat(batch),
  steps: 300,
});`,
};
