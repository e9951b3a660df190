import type { Paper } from '../../paper.js';

export const scalingCrossover: Paper = {
  slug: 'scaling-crossover',
  title: 'Rethinking Conventional Wisdom in Machine Learning: From Generalization to Scaling',
  arxivId: '2409.15156',
  date: '2024-09-23',
  authorCount: 1,
  family: 'scaling',
  summary:
    'Argues that rules from small-data learning fail in single-pass pretraining, and that two methods can swap places as models grow.',
  inOneMinute: {
    problem:
      'L2 penalties, learning rates near the stability limit and small batches are advice from problems with scarce data. In single-pass pretraining training and test loss agree, and what wins on small models may lose on large ones.',
    idea: 'Measure both choices at several scales and look for the point where their curves cross. The clearest case is a constant learning rate against one that falls with the width of the model: equal at one width, with a different winner on either side.',
    cost: 'Runs at several scales, with several seeds, for both choices instead of a single comparison. Fitting the curves costs nothing beside that.',
    useWhen:
      'A setting is chosen on small models but meant for a large one, or two training recipes are compared.',
    avoidWhen:
      'Data are scarce or repeated: the old rules hold there. A crossing beyond the measured sizes is an extrapolation, and the paper leaves one of its own crossings unexplained.',
  },
  published: [
    {
      setting: 'Compute at which the lead at small scale is lost',
      values: [
        {
          arm: 'gradient normalization, gated GELU and a wider MLP',
          value: '2-3 x 10^2 exaflops',
        },
      ],
    },
  ],
};
