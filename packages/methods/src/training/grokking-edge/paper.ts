import type { Paper } from '../../paper.js';

export const grokkingEdge: Paper = {
  slug: 'grokking-edge',
  title: 'Grokking at the Edge of Numerical Stability',
  arxivId: '2501.04697',
  date: '2025-01-08',
  authorCount: 4,
  repository: 'https://github.com/LucasPrietoAl/grokking-at-the-edge-of-numerical-stability',
  family: 'training',
  summary:
    'Ends the delay of grokking by projecting gradients off the weights, and its failure without weight decay by a slower-growing softmax.',
  inOneMinute: {
    problem:
      'A network that has fitted its training data goes on scaling its logits up while test accuracy stays low for a long time. Without regularization, rounding in the softmax finally wipes out the learning signal of the fitted examples and test accuracy never rises.',
    idea: 'perpGrad removes from each gradient the part that points along the weights, so that a step cannot merely scale the logits. StableMax replaces the exponential of the softmax by a function that grows linearly, which avoids the rounding failure.',
    cost: 'perpGrad takes a few dot products and norms per parameter tensor and step, keeps no state and has nothing to tune. StableMax costs about as much as a softmax, but its result changes when all logits are shifted by a constant.',
    useWhen:
      'Small algorithmic tasks, such as modular arithmetic, on which training accuracy is perfect long before test accuracy moves.',
    avoidWhen:
      'Time is short and StableMax is all you change: it prevents the failure but still needs tens of thousands of epochs to generalize. The evidence comes from small problems, so do not expect a gain in ordinary training.',
  },
  published: [
    {
      setting: 'Test accuracy, addition modulo 113, 40 % of the pairs for training, MLP (read from curves)',
      values: [
        { arm: 'AdamW, softmax cross-entropy in float32', value: '~0 for the whole run' },
        { arm: 'AdamW + StableMax', value: '~100 % after ~40k-80k epochs' },
        { arm: 'perpAdamW, softmax cross-entropy', value: '~100 % within ~300 epochs' },
      ],
    },
  ],
  usage: `import { perpGrad } from '@evenkeel/methods';
import { adamW, chain, crossEntropy, fit, Linear, relu, repeat } from '@evenkeel/nn';
import { randomKey, splitKey, tensor } from '@evenkeel/tensor';

const [first, second] = splitKey(randomKey(0));
const model = { hidden: new Linear(first, 2, 64), output: new Linear(second, 64, 2) };
const batch = { inputs: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), labels: tensor([0, 1, 1, 0], 'int32') };

const trained = await fit({
  model,
  loss: ({ hidden, output }, { inputs, labels }) => crossEntropy(output.call(relu(hidden.call(inputs))), labels),
  optimizer: chain(perpGrad(), adamW({ learningRate: 0.02, weightDecay: 0 })), // ⊥AdamW
  batches: repeat(batch),
  steps: 500,
});`,
};
