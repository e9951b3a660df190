import type { Paper } from '../../paper.js';

export const tokenCrisis: Paper = {
  slug: 'token-crisis',
  title: 'To Repeat or Not To Repeat: Insights from Scaling LLM under Token-Crisis',
  arxivId: '2305.13230',
  date: '2023-05-22',
  authorCount: 5,
  family: 'scaling',
  summary:
    'Studies what repeated pretraining data do to a model, and finds dropout, even switched on late, the regularizer that clearly helps.',
  inOneMinute: {
    problem:
      'Fresh text runs out before models stop growing. Going over the same text for many epochs ends worse than one pass over enough of it.',
    idea: 'The number of tokens trained on stays fixed while the number of distinct ones varies; then size, compute, data quality, objective and regularizers are changed one at a time. A sparse expert model with as many parameters stands in for the dense one when the dropout rate is tuned.',
    cost: 'Dropout costs next to nothing, but its rate must be tuned at each scale. Doing that on the stand-in comes to about half the cost of tuning the dense model in the paper, and needs a mixture-of-experts implementation.',
    useWhen: 'A model must see the same data many times, as with small or private collections of text.',
    avoidWhen:
      'Fresh data are to be had: avoiding repetition is the better cure. For the largest model in the paper dropout alone was not enough, and in small trials label smoothing and weight decay helped somewhat too.',
  },
  published: [
    {
      setting: 'T5-Base, C4 validation accuracy',
      values: [
        { arm: '2^35 tokens, 1 epoch', value: '64.6' },
        { arm: '2^27 tokens, 2^8 epochs', value: '61.7 (-2.9)' },
      ],
    },
    {
      setting: 'T5-Base, SQuAD F1 after fine-tuning',
      values: [
        { arm: '2^35 tokens, 1 epoch', value: '90.0' },
        { arm: '2^27 tokens, 2^8 epochs', value: '88.1 (-1.9)' },
      ],
    },
  ],
};
