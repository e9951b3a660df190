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
    cost: 'Passes over the cost matrix with the k largest entries per column: carrying 24 points to 24 others took 29 L-BFGS iterations (93 ms) for k = 1 and 17 (101 ms) without a limit, while k = 3 used up its 300 (211 ms) at a kink. A training step of a small language model took 1.3 times as long with 20 steps of the router as with top-1 routing (17.7 against 13.6 ms), and 2.1 times with 50.',
    useWhen:
      'Matching or routing in which a column may hold only so many entries, such as tokens per expert.',
    avoidWhen:
      'Both marginals must hold exactly: for k in between, the solver often stops at a kink, and then row sums are off while column sums and sparsity are exact. Check the row error. A router that looks at all tokens of a batch also looks at later ones, which a model that writes word by word does not have.',
  },
  published: [],
  usage: `import { sparseTransportRouter } from '@evenkeel/methods';
import { adam, fit, Linear, MixtureOfExperts, meanSquaredError, repeat } from '@evenkeel/nn';
import { linspace, randomKey, sigmoid } from '@evenkeel/tensor';

const route = sparseTransportRouter({ capacity: 20 }); // an expert takes 20 of the 32 tokens at most
const x = linspace(-1, 1, 32).reshape([32, 1]);

const trained = await fit({
  model: new MixtureOfExperts(randomKey(0), 1, 2, (key) => new Linear(key, 1, 1), {
    router: (scores) => route(sigmoid(scores)),
  }),
  loss: (model, batch) => meanSquaredError(model.call(batch.x)[0], batch.y),
  optimizer: adam({ learningRate: 0.05 }),
  batches: repeat({ x, y: x.abs() }),
  steps: 200,
});
const [, { load }] = trained.model.call(x);
console.log(await load.toArray()); // tokens of each expert, some of which go to both`,
};
