import type { Paper } from '../../paper.js';

export const stn: Paper = {
  slug: 'stn',
  title:
    'Self-Tuning Networks: Bilevel Optimization of Hyperparameters using Structured Best-Response Functions',
  arxivId: '1903.03088',
  date: '2019-03-07',
  authorCount: 5,
  repository: 'https://github.com/asteroidhouse/self-tuning-networks',
  family: 'hyperparameters',
  summary:
    'Tunes dropout rates and other regularization during one training run, with layers whose weights respond to the hyperparameters.',
  inOneMinute: {
    problem:
      'Dropout rates, augmentation strengths and the like are usually found by many full training runs, and then stay fixed even where a schedule would do better.',
    idea: 'Every layer has a second set of weights behind a gate that is linear in the hyperparameters. Trained under small random perturbations, the network learns how its best weights move with them, so the validation loss gains a gradient in the hyperparameters. Training and validation steps alternate.',
    cost: 'About twice the parameters and matrix products in each changed layer, one validation step for every two training steps, and settings for the perturbations. Measured on a network 196-128-128-10 with batches of 64, a training step took 2.1 times as long as with ordinary layers and dropout (0.81 against 0.39 ms), and a validation step 0.32 ms. Afterwards the layers at the λ that was found are ordinary ones.',
    useWhen:
      'Several regularization settings must be tuned at once, full runs are expensive, and there is a separate validation set.',
    avoidWhen:
      'There is one setting and a small grid is affordable: in our runs one run from a bad start equalled the best of four fixed values without beating it. Three dropout rates that began at 0.05 and at 0.6 did not end at the same values, though both losses were low. Settings of the optimizer, such as the learning rate, are out of reach, because they do not enter the training loss.',
  },
  published: [
    {
      setting: 'Penn Treebank, LSTM, only the output dropout tuned: test perplexity',
      values: [
        { arm: 'fixed 0.68', value: '83.19' },
        { arm: 'fixed at the last value of STN, 0.78', value: '86.90' },
        { arm: 'LSTM by the schedule of STN', value: '79.93' },
        { arm: 'STN', value: '79.02' },
      ],
    },
    {
      setting: 'Penn Treebank, LSTM, seven hyperparameters: test perplexity',
      values: [
        { arm: 'grid search', value: '94.58' },
        { arm: 'random search', value: '81.86' },
        { arm: 'Bayesian optimization', value: '69.29' },
        { arm: 'STN', value: '67.68' },
      ],
    },
    {
      setting: 'CIFAR-10, convolutional network, fifteen hyperparameters: test loss',
      values: [
        { arm: 'Bayesian optimization', value: 'about 0.65' },
        { arm: 'STN', value: 'about 0.58' },
      ],
    },
  ],
  usage: `import { sampleDropout, StnLinear, selfTune } from '@evenkeel/methods';
import { adam, crossEntropy, relu, repeat } from '@evenkeel/nn';
import { randomKey, splitKey, tensor } from '@evenkeel/tensor';

const [first, second] = splitKey(randomKey(0));
const model = { hidden: new StnLinear(first, 2, 32, 1), output: new StnLinear(second, 32, 2, 1) };
const corners = { inputs: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), labels: tensor([0, 1, 1, 0], 'int32') };
const held = { inputs: tensor([[0.1, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.9]]), labels: tensor([0, 1, 1, 0], 'int32') };

const trained = await selfTune({
  model,
  hyperparameters: { dropout: { range: [0, 0.9], initial: 0.3 } },
  trainLoss: ({ hidden, output }, { inputs, labels }, { lambda, values, key }) => {
    const features = sampleDropout(key, relu(hidden.call(inputs, lambda)), values.dropout);
    return crossEntropy(output.call(features, lambda), labels);
  },
  validationLoss: ({ hidden, output }, { inputs, labels }, { lambda }) =>
    crossEntropy(output.call(relu(hidden.call(inputs, lambda)), lambda), labels),
  batches: repeat(corners),
  validationBatches: repeat(held), // never the training samples
  steps: 300,
  weightOptimizer: adam({ learningRate: 0.02 }),
  lambdaOptimizer: adam({ learningRate: 0.02 }),
});`,
};
