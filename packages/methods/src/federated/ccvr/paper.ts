import type { Paper } from '../../paper.js';

export const ccvr: Paper = {
  slug: 'ccvr',
  title: 'No Fear of Heterogeneity: Classifier Calibration for Federated Learning with Non-IID Data',
  arxivId: '2106.05001',
  date: '2021-06-09',
  authorCount: 6,
  family: 'federated',
  summary:
    'Repairs the biased last layer of a federated model after training, on features drawn from Gaussians whose moments the clients send.',
  inOneMinute: {
    problem:
      'When clients hold different classes, their models drift apart, and the last layer drifts most. The averaged model then favours some classes over others.',
    idea: 'After training, each client sends count, mean and covariance of its features for every class. The server merges them exactly, draws equally many virtual features per class, and retrains only the last layer on those.',
    cost: 'One upload of a covariance matrix per class and client, quadratic in the feature width, and a short training of one layer at the server. The federated training itself stays as it is.',
    useWhen: 'Federated classification with strongly skewed labels and features a few hundred wide.',
    avoidWhen:
      'Classes are spread evenly, so there is little to repair, or features are very wide. The moments can reveal data: for a class with a single sample, the mean is the feature vector of that sample.',
  },
  published: [],
};
