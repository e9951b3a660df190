import type { Paper } from '../../paper.js';

export const ggPriors: Paper = {
  slug: 'gg-priors',
  title: 'It Takes a Good Model to Train a Good Model: Generalized Gaussian Priors for Optimized LLMs',
  arxivId: '2506.00486',
  date: '2025-05-31',
  authorCount: 4,
  family: 'quantization',
  summary:
    'Treats weights as generalized Gaussian from initialization to storage, and trains, reshapes and rounds them so that they take fewer bits.',
  inOneMinute: {
    problem:
      'Trained weights have sharper peaks and heavier tails than a Gaussian, yet initialization, penalties and number formats ignore that. The mismatch costs bits when a model is stored.',
    idea: 'A generalized Gaussian whose shape is fitted to the weights serves four steps: initialization, a penalty on code length in training (BackSlash), a reshaping of trained weights that keeps their order (DeepShape), and an 8-bit float made of two powers of two (RF8).',
    cost: 'BackSlash adds an elementwise update and a shape estimate over all parameters to each step, and a penalty weight tied to the model size. DeepShape sorts all weights once and needs some further training; RF8 is rounding only.',
    useWhen:
      'The stored size after entropy coding matters, and a training or fine-tuning run takes place anyway.',
    avoidWhen:
      'Only speed matters: coded weights must first be decoded. In small trials the shape of the initialization made no difference beyond its variance, a plain rescaling of the weights gave most of what DeepShape saved, and too strong a penalty cost accuracy.',
  },
  published: [],
};
