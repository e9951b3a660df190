import type { Paper } from '../../paper.js';

export const weightCompander: Paper = {
  slug: 'weight-compander',
  title: 'Weight Compander: A Simple Weight Reparameterization for Regularization',
  arxivId: '2306.16993',
  date: '2023-06-29',
  authorCount: 3,
  family: 'training',
  summary:
    'Trains each weight through a bounded curve that caps large weights and moves small ones off zero, as an addition to other regularizers.',
  inOneMinute: {
    problem:
      'A network that overfits leans on a few very large weights, while many others sit near zero and contribute nothing.',
    idea: 'The optimizer updates a free parameter v, and the layer uses a bounded nonlinear function of it; here w = a arctan(v / b). No weight can pass the bound, and weights near zero move fastest. The two shape parameters a and b are fixed or learned.',
    cost: 'One arctangent per weight and step, and two shape parameters to set. After training the weights are computed once, so inference costs nothing extra. Measured on a network 96-128-128-10 with batches of 50, where weights outnumber what they are multiplied by, a training step took 1.4 times as long (0.25 against 0.18 ms).',
    useWhen:
      'A small or noisy data set on which a dense or convolutional network overfits, alone or next to weight decay.',
    avoidWhen:
      'You need the exact published function: only the abstract was open to us, and the arctangent is our reading of it. Learning a and b at the full learning rate can make training collapse, and a slope a / b above one acts like a larger learning rate.',
  },
  published: [],
  usage: `import { weightCompander } from '@evenkeel/methods';
import { adam, crossEntropy, fit, fold, Linear, materialize, relu, repeat, reparameterize } from '@evenkeel/nn';
import { randomKey, splitKey, tensor } from '@evenkeel/tensor';

const [first, second] = splitKey(randomKey(0));
const network = { hidden: new Linear(first, 2, 64), output: new Linear(second, 64, 2) };
const batch = { inputs: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), labels: tensor([0, 1, 1, 0], 'int32') };

const trained = await fit({
  model: await reparameterize(network, /weight$/, weightCompander({ a: 1, b: 1 })),
  loss: (model, { inputs, labels }) => {
    const { hidden, output } = materialize(model); // weights from their free parameters
    return crossEntropy(output.call(relu(hidden.call(inputs))), labels);
  },
  optimizer: adam({ learningRate: 0.02 }),
  batches: repeat(batch),
  steps: 300,
});
const plain = await fold(trained.model); // the same network with ordinary weights
console.log(await plain.hidden.weight.abs().max().item() < Math.PI / 2);`,
};
