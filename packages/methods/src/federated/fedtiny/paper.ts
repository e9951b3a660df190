import type { Paper } from '../../paper.js';

export const fedtiny: Paper = {
  slug: 'fedtiny',
  title: 'Distributed Pruning Towards Tiny Neural Networks in Federated Learning',
  arxivId: '2212.01977',
  date: '2022-12-04',
  authorCount: 6,
  repository: 'https://github.com/FedPruning/FedPruning',
  family: 'federated',
  summary:
    'Finds very sparse networks on federated devices: a first mask chosen with fresh batch-norm statistics, then adjusted in small steps.',
  inOneMinute: {
    problem:
      'A device with little memory can neither train a dense network nor hold the full gradients that pruning methods ask for, and a mask chosen at the server does not fit its data.',
    idea: 'Devices refresh the batch-norm statistics of several sparse candidates, and the one with the lowest loss wins. During training each device sends only its largest gradients among the removed weights of one block, and the server swaps a few weights in and out.',
    cost: 'Sending, refreshing and scoring every candidate once before training, and later a short list of gradients per adjustment. Memory follows the number of kept weights, not the dense size.',
    useWhen:
      'Federated training on small devices at densities of about 1 % and below, with batch normalization in the network.',
    avoidWhen:
      'The network has no batch normalization, or a moderate density is good enough. At 1 % density the choice of the first mask was not reliably better in small trials; the later adjustments helped every time.',
  },
  published: [
    {
      setting: 'Accuracy against the state of the art of its time',
      values: [{ arm: 'FedTiny', value: '+2.61%' }],
    },
    {
      setting: 'Computation against the state of the art of its time',
      values: [{ arm: 'FedTiny', value: '-95.91%' }],
    },
    {
      setting: 'Memory footprint against the state of the art of its time',
      values: [{ arm: 'FedTiny', value: '-94.01%' }],
    },
  ],
};
