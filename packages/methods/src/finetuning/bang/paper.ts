import type { Paper } from '../../paper.js';

export const bang: Paper = {
  slug: 'bang',
  title: 'Spurious Feature Diversification Improves Out-of-distribution Generalization',
  arxivId: '2309.17230',
  date: '2023-09-29',
  authorCount: 8,
  family: 'finetuning',
  summary:
    'Fine-tunes with mixup and smoothed labels before averaging with the pretrained weights, so that neither set of spurious features wins.',
  inOneMinute: {
    problem:
      'Averaging pretrained and fine-tuned weights helps on shifted data, but an over-confident fine-tuned model brings its own spurious features into the average with too much force.',
    idea: 'Where two models lean on different misleading features, combining them takes force from both. So fine-tune with label smoothing and mixup, which keeps the model less confident, and then average all its weights with the pretrained ones.',
    cost: 'One fine-tuning run with mixed inputs and soft targets, and one average of two sets of weights. Inference costs as much as a single model.',
    useWhen:
      'Fine-tuning a pretrained classifier that must hold up on shifted data, such as other image styles.',
    avoidWhen:
      'Spurious features predict the fine-tuning labels perfectly: smoothing and mixup then made the average worse in a small trial. The fine-tuned model without averaging can lose accuracy.',
  },
  published: [],
};
