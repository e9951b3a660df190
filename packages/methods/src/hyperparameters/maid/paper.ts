import type { Paper } from '../../paper.js';

export const maid: Paper = {
  slug: 'maid',
  title:
    'An adaptively inexact first-order method for bilevel optimization with application to hyperparameter learning',
  arxivId: '2308.10098',
  date: '2023-08-19',
  authorCount: 4,
  repository: 'https://github.com/MohammadSadeghSalehi/MAID',
  family: 'hyperparameters',
  summary:
    'Learns hyperparameters by descent on the validation loss, with solver accuracy and step size set by a computable error bound.',
  inOneMinute: {
    problem:
      'Learning regularization weights by gradient needs the solution of a training problem at every step, and that is never exact. Solved too loosely, the outer loop stalls; solved too tightly, most of the work is wasted; and no one knows the right step size.',
    idea: 'A bound on the error of the hypergradient, computed from residuals, tells whether its direction can be trusted; if not, the inner solver is tightened. A line search on upper and lower bounds of the validation loss sets the step, and after each success the accuracy is relaxed again.',
    cost: 'Conjugate gradients with Hessian-vector products for each hypergradient, and further inner solves for rejected trial steps. Constants of the training problem, such as its strong convexity, must be known or estimated.',
    useWhen:
      'Ridge or logistic regression and variational image denoising with many regularization weights, where the training problem is smooth and strongly convex.',
    avoidWhen:
      'Deep networks and other losses that are not strongly convex: the error bound does not hold there. Where the constants are only guessed, convergence is no longer guaranteed.',
  },
  published: [],
};
