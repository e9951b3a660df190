import type { Paper } from '../../paper.js';

export const flagAggregator: Paper = {
  slug: 'flag-aggregator',
  title:
    'Flag Aggregator: Scalable Distributed Training under Failures and Augmented Losses using Convex Optimization',
  date: '2023-02-12',
  authorCount: 4,
  repository: 'https://github.com/hamidralmasi/FlagAggregator',
  family: 'distributed',
  summary:
    'Combines the gradients of workers by projecting them onto a subspace that most of them share, to withstand failing workers.',
  inOneMinute: {
    problem:
      'A single faulty worker can spoil an average of gradients. Medians and distance rules resist it, but lose accuracy as more workers fail.',
    idea: 'Every gradient is scaled to unit length. A few reweighted singular value decompositions find a low-dimensional subspace that explains most of them well, and their projections onto it are summed.',
    cost: 'The server holds all gradients and forms their inner products in every step: linear in the parameters, quadratic in the workers. The length of the result does not shrink near an optimum, so the learning-rate schedule has to.',
    useWhen: 'Synchronous training with a dozen or more workers of which several may send garbage.',
    avoidWhen:
      'Workers are reliable, or the server cannot hold a gradient per worker. In a small trial the plain sum of unit gradients did as well without any subspace, so compare with that.',
  },
  published: [],
};
