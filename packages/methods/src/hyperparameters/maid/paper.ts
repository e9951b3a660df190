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
    cost: 'Conjugate gradients with Hessian-vector products for each hypergradient, and further inner solves for rejected trial steps. Measured, an outer step took 1.3 ms on a quadratic problem and 93 ms on four pictures to denoise, where the same steps with a fixed accuracy (1e-5 and 1e-3) took 2.1 and 30 ms. Constants of the training problem, such as its strong convexity, must be known or estimated.',
    useWhen:
      'Ridge or logistic regression and variational image denoising with many regularization weights, where the training problem is smooth and strongly convex, and nobody knows how exactly to solve it or how far to step.',
    avoidWhen:
      'Deep networks and other losses that are not strongly convex: the error bound does not hold there, and where the constants are only guessed, convergence is no longer guaranteed. In our denoising runs the certificates also cost work: a heuristic (HOAG with geometric accuracies) came a little further with the same number of inner iterations. A first step that is far too long spends many of them on trial points that are then refused.',
  },
  published: [],
  usage: `import { maid } from '@evenkeel/methods';
import { exp, matMul, max, min, mul, tensor, type Tensor, zeros } from '@evenkeel/tensor';

const samples = (inputs: number[][], targets: number[]) => ({
  inputs: tensor(inputs, 'float64'),
  targets: tensor(targets, 'float64'),
});
// Twice the first number; the second one says nothing.
const train = samples([[1, 0.5], [2, -1], [3, 0.3], [-1, 0.8]], [2.3, 3.8, 6.1, -2.2]);
const validation = samples([[1, -1], [-2, 0.5], [0.5, 1]], [2, -4, 1]);
const errors = (x: Tensor, { inputs, targets }: typeof train) =>
  matMul(inputs, x).sub(targets).square().sum().mul(0.5);

// Ridge regression, whose weights of regularization exp(theta) are learned on the validation samples.
const trained = await maid(
  {
    lower: {
      loss: (x: Tensor, theta: Tensor) => errors(x, train).add(mul(exp(theta), x.square()).sum().mul(0.5)),
      strongConvexity: (theta) => exp(min(theta)),
      smoothness: (theta) => exp(max(theta)).add(17), // 17: sum of the squares of all inputs
      mixedLipschitz: (_x, theta) => exp(max(theta)),
      inverseHessianLipschitz: 0, // the loss is quadratic in x
    },
    upper: { loss: (x) => errors(x, validation), smoothness: 8 },
  },
  { x: zeros([2], 'float64'), theta: zeros([2], 'float64') },
  { alpha0: 1, steps: 40, upperConvex: true },
);`,
};
