import type { Paper } from '../../paper.js';

export const mcr: Paper = {
  slug: 'mcr',
  title: 'Balancing Multimodal Training Through Game-Theoretic Regularization',
  arxivId: '2411.07335',
  date: '2024-11-11',
  authorCount: 6,
  repository: 'https://github.com/kkontras/MCR',
  family: 'multimodal',
  summary:
    'Regularizes multimodal training as a game in which each encoder raises its own contribution, plus a contrastive term for what is shared.',
  inOneMinute: {
    problem:
      'When modalities are trained together, one that learns fast takes over and the others stop improving. The joint model can then be worse than an ensemble of separate ones.',
    idea: 'The contribution of a modality is how much the prediction changes when its latent vectors are shuffled within the batch. By default each encoder raises its own contribution and lowers that of the others. A supervised contrastive loss aligns what modalities share, and an optional term removes what the task does not need.',
    cost: 'Repeated passes through the fusion network in every step, 32 shuffles in one published setting, while the encoders run once. Several loss weights to tune.',
    useWhen:
      'Two or more modalities that each know something of their own, when separately trained encoders can serve as the start.',
    avoidWhen:
      'The answer lies only in the combination: the paper finds no help on such samples. In small trials nearly all of the gain in accuracy came from the contrastive term.',
  },
  published: [
    {
      setting: 'CREMA-D accuracy %, ResNet',
      values: [
        { arm: 'best unimodal', value: '60.6' },
        { arm: 'ensemble', value: '71.7' },
        { arm: 'joint training', value: '62.6 +- 5.8' },
        { arm: 'MLB', value: '71.9' },
        { arm: 'MCR', value: '76.1 +- 1.6' },
      ],
    },
    {
      setting: 'AVE accuracy %, Conformer',
      values: [
        { arm: 'best unimodal', value: '76.5' },
        { arm: 'ensemble', value: '88.4' },
        { arm: 'joint training', value: '82.2' },
        { arm: 'D&R', value: '91.0' },
        { arm: 'MCR', value: '88.8' },
      ],
    },
    {
      setting: 'MOSI accuracy %, video and text',
      values: [
        { arm: 'best unimodal', value: '72.1' },
        { arm: 'ensemble', value: '70.5' },
        { arm: 'joint training', value: '73.0' },
        { arm: 'MLB', value: '72.4' },
        { arm: 'MCR', value: '75.2' },
      ],
    },
  ],
};
