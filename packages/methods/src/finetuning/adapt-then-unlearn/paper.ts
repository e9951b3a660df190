import type { Paper } from '../../paper.js';

export const adaptThenUnlearn: Paper = {
  slug: 'adapt-then-unlearn',
  title:
    'Adapt then Unlearn: Exploring Parameter Space Semantics for Unlearning in Generative Adversarial Networks',
  arxivId: '2309.14054',
  date: '2023-09-25',
  authorCount: 4,
  repository: 'https://github.com/atriguha/Adapt_Unlearn',
  family: 'finetuning',
  summary:
    'Stops a generator from producing an unwanted feature, by pushing its weights away from copies adapted to samples of that feature.',
  inOneMinute: {
    problem:
      'Taking a feature out of a trained GAN normally needs the training data and a new training run. Extrapolating the weights away from the feature is cheap but ruins the samples.',
    idea: 'Copies of the GAN are first adapted to the few unwanted samples. The original is then fine-tuned on wanted samples with a penalty that drives its weights away from those of the copies.',
    cost: 'A few short adaptation runs and one fine-tuning run of generator and discriminator, a stored set of weights per adapted copy, and a penalty weight to tune. Someone, or a classifier, must label generated samples.',
    useWhen:
      'The training data are gone and a generator must drop a class or attribute that can be recognized in its samples.',
    avoidWhen:
      'Fine-tuning on wanted samples is enough by itself: on a toy mixture it removed the feature just as well without the penalty. The unbounded form of the penalty can run away.',
  },
  published: [],
};
