import type { Paper } from '../../paper.js';

export const infiniteCompute: Paper = {
  slug: 'infinite-compute',
  title: 'Pre-training under infinite compute',
  arxivId: '2509.14786',
  date: '2025-09-18',
  authorCount: 4,
  repository: 'https://github.com/marin-community/marin',
  family: 'scaling',
  summary:
    'When data are fixed and compute is not: far stronger weight decay, ensembles and distillation lower the loss that can be reached.',
  inOneMinute: {
    problem:
      'Once text is the limit rather than compute, more epochs and larger models overfit, and the loss rises again.',
    idea: 'Tune weight decay together with size, up to thirty times the usual value, and the loss keeps falling as models grow. Then average the logits of several independently trained models, each of which may overfit a little, and distil the ensemble into one small model.',
    cost: 'A search over learning rate, epochs and weight decay at every size, and several models to train and run. Distillation needs text sampled from the ensemble, but leaves a single model for inference.',
    useWhen: 'The data set is fixed and small for the model, and training compute is plentiful.',
    avoidWhen:
      'Fresh data are plentiful and each text is seen once. Too much weight decay hurts as well, so tune it at each size and do not just raise it.',
  },
  published: [
    {
      setting: 'DCLM validation loss, 200M tokens (best model or fitted limit)',
      values: [
        { arm: 'standard recipe, best size', value: '3.750' },
        { arm: 'regularized, N -> inf', value: '3.43' },
        { arm: 'ensemble of 300M, K -> inf', value: '3.34' },
        { arm: 'joint, N, K -> inf', value: '3.17' },
        { arm: '8-ensemble distilled to 300M', value: '3.36' },
      ],
    },
    {
      setting: 'Data efficiency at 200M tokens (fitted limit)',
      values: [
        { arm: 'standard recipe', value: '1' },
        { arm: 'regularized, N -> inf', value: '2.29x' },
        { arm: 'ensemble of 300M, K -> inf', value: '3.03x' },
        { arm: 'joint, N, K -> inf', value: '5.17x' },
      ],
    },
  ],
};
