import type { Paper } from '../../paper.js';

export const weightCompander: Paper = {
  slug: 'weight-compander',
  title: 'Weight Compander: A Simple Weight Reparameterization for Regularization',
  arxivId: '2306.16993',
  date: '2023-06-29',
  authorCount: 3,
  family: 'training',
  summary:
    'Trains each weight through a bounded curve that caps large weights and moves small ones off zero, as an addition to other regularizers.',
  inOneMinute: {
    problem:
      'A network that overfits leans on a few very large weights, while many others sit near zero and contribute nothing.',
    idea: 'The optimizer updates a free parameter v, and the layer uses a bounded nonlinear function of it; here w = a arctan(v / b). No weight can pass the bound, and weights near zero move fastest. The two shape parameters a and b are fixed or learned.',
    cost: 'One arctangent per weight and step, and two shape parameters to set. After training the weights are computed once, so inference costs nothing extra.',
    useWhen:
      'A small or noisy data set on which a dense or convolutional network overfits, alone or next to weight decay.',
    avoidWhen:
      'You need the exact published function: only the abstract was open to us, and the arctangent is our reading of it. Learning a and b at the full learning rate can make training collapse, and a slope a / b above one acts like a larger learning rate.',
  },
  published: [],
};
