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
    cost: 'A sort of the group norms and a short search per step, and no extra parameters. It calls for plain proximal gradient descent: with Adam the exact proximal step would be another one.',
    useWhen:
      'The number of neurons, channels or filters that the device can hold is known, and exact zeros are wanted by the end of training.',
    avoidWhen:
      'k is very small for the steps available: the run may end with more than k groups unless the penalty is raised. Only the abstract was open to us, so the formula is derived, and where the group weights enter may differ from the paper.',
  },
  published: [],
};
