import type { Paper } from '../../paper.js';

export const wgsef: Paper = {
  slug: 'wgsef',
  title: 'Learning k-Level Structured Sparse Neural Networks Using Group Envelope Regularization',
  arxivId: '2212.12921',
  date: '2022-12-25',
  authorCount: 3,
  family: 'pruning',
  summary:
    'A convex penalty with a budget of k groups: training ends with about k nonzero filters, neurons or other groups, as chosen beforehand.',
  inOneMinute: {
    problem:
      'With group lasso the weight of the penalty decides how many groups survive, so a wanted size takes several runs to hit.',
    idea: 'The penalty is the tightest convex function below one that charges half the squared norm and forbids more than k nonzero groups. Its proximal step after each gradient step shrinks the strongest groups a little and sets the weakest exactly to zero.',
    cost: 'A sort of the group norms, a short search and some passes over the weights per step, and no extra parameters. A step of a network with 64 hidden neurons took 0.19 ms in place of 0.10 ms (group lasso: 0.15 ms), with 1,024 neurons 2.1 ms in place of 1.2 ms (1.8 ms). It calls for plain proximal gradient descent: with Adam the exact proximal step would be another one.',
    useWhen:
      'The number of neurons, channels or filters that the device can hold is known, and exact zeros are wanted by the end of training.',
    avoidWhen:
      'k is very small for the steps available: the run may end with more than k groups unless the penalty is raised. Only the abstract was open to us, so the formula is derived, and where the group weights enter may differ from the paper.',
  },
  published: [],
  usage: `import { proximalStep, removeZeroGroups, wgsef } from '@evenkeel/methods';
import { chain, crossEntropy, fit, Linear, relu, repeat, sgd } from '@evenkeel/nn';
import { normal, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';

const [first, second, data] = splitKey(randomKey(0), 3);
const model = { hidden: new Linear(first, 4, 16), output: new Linear(second, 16, 2) };
const batch = { inputs: normal(data, [6, 4]), labels: tensor([0, 1, 0, 1, 0, 1], 'int32') };
const call = ({ hidden, output }: typeof model, x: Tensor) => output.call(relu(hidden.call(x)));

// A group is a neuron: a column of the weights with its bias. Five of the sixteen are to stay.
const neurons = [{ path: 'hidden.weight', axes: [1] }, { path: 'hidden.bias', axes: [0] }];
const penalty = wgsef({ groups: [neurons], k: 5, lambda: 0.05 });
const learningRate = 0.2;
const trained = await fit({
  model,
  loss: (net, { inputs, labels }) => crossEntropy(call(net, inputs), labels),
  optimizer: chain(sgd({ learningRate }), proximalStep(penalty, { learningRate })), // last
  batches: repeat(batch),
  steps: 600,
});
const small = await removeZeroGroups(trained.model, call, [batch.inputs]);
console.log(small.model.hidden.weight.shape, small.after.parameters / small.before.parameters);`,
};
