import type { Paper } from '../../paper.js';

export const sparseOt: Paper = {
  slug: 'sparse-ot',
  title: 'Sparsity-Constrained Optimal Transport',
  arxivId: '2209.15466',
  date: '2022-09-30',
  authorCount: 3,
  family: 'routing',
  summary:
    'Optimal transport with at most k nonzeros per column, solved by top-k and simplex projections; also a router with fixed capacity.',
  inOneMinute: {
    problem:
      'Entropic regularization makes every entry of a transport plan nonzero, and quadratic regularization gives a sparsity that nobody chose. A router with limited expert capacity needs a hard limit per column.',
    idea: 'Add a squared-norm regularizer and allow at most k nonzeros per column. The dual stays concave, and its gradient needs only the k largest entries of each column and a projection onto the simplex. k = 1 gives plain optimal transport, a large k the quadratic kind.',
    cost: 'An L-BFGS solve in which every iteration passes over the cost matrix with a top-k per column. A small k makes the objective less smooth and takes more iterations.',
    useWhen:
      'Matching or routing in which a column may hold only so many entries, such as tokens per expert.',
    avoidWhen:
      'Both marginals must hold exactly: for k in between, the solver often stops at a kink, and then row sums are off while column sums and sparsity are exact. Check the row error.',
  },
  published: [],
};
