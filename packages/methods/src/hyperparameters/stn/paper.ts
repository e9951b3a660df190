import type { Paper } from '../../paper.js';

export const stn: Paper = {
  slug: 'stn',
  title:
    'Self-Tuning Networks: Bilevel Optimization of Hyperparameters using Structured Best-Response Functions',
  arxivId: '1903.03088',
  date: '2019-03-07',
  authorCount: 5,
  repository: 'https://github.com/asteroidhouse/self-tuning-networks',
  family: 'hyperparameters',
  summary:
    'Tunes dropout rates and other regularization during one training run, with layers whose weights respond to the hyperparameters.',
  inOneMinute: {
    problem:
      'Dropout rates, augmentation strengths and the like are usually found by many full training runs, and then stay fixed even where a schedule would do better.',
    idea: 'Every layer has a second set of weights behind a gate that is linear in the hyperparameters. Trained under small random perturbations, the network learns how its best weights move with them, so the validation loss gains a gradient in the hyperparameters. Training and validation steps alternate.',
    cost: 'About twice the parameters and matrix products in each changed layer, one validation step for every two training steps, and settings for the perturbations.',
    useWhen:
      'Several regularization settings must be tuned at once, full runs are expensive, and there is a separate validation set.',
    avoidWhen:
      'There is one setting and a small grid is affordable: in a small trial one run equalled the best of a few fixed values without beating it. Settings of the optimizer, such as the learning rate, are out of reach, because they do not enter the training loss.',
  },
  published: [],
};
