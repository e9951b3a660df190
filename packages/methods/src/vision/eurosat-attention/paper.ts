import type { Paper } from '../../paper.js';

export const eurosatAttention: Paper = {
  slug: 'eurosat-attention',
  title:
    'Balanced Multi-Task Attention for Satellite Image Classification: A Systematic Approach to Achieving 97.23% Accuracy on EuroSAT Without Pre-Training',
  arxivId: '2510.15527',
  date: '2025-10-17',
  authorCount: 1,
  repository: 'https://github.com/virAditya/satellite-image-classification-eurosat',
  family: 'vision',
  summary:
    'A convolutional block that blends spatial and channel attention by one learned scalar, to classify satellite images from scratch.',
  inOneMinute: {
    problem:
      'Land-use classes differ both in layout and in colour channels, and a plain convolutional network trained from scratch confuses some of them.',
    idea: 'Each residual block computes coordinate attention (where) and squeeze-excitation (which channels) and mixes them by a learned weight. DropBlock drops more in deeper stages, and the loss gives more weight to classes that are easily confused.',
    cost: 'Two small attention branches and one scalar per block. The full network has about 13 million parameters and trains for up to 80 epochs.',
    useWhen:
      'Image classification on a small data set where both position and channel matter and no pretrained model may be used.',
    avoidWhen:
      'A pretrained model is allowed: a fine-tuned ResNet-50 scores higher in the paper. The paper gives no spread over seeds, and on a small synthetic task squeeze-excitation alone beat the blend, so compare the parts before keeping both.',
  },
  published: [
    {
      setting: 'EuroSAT RGB, test accuracy %',
      values: [
        { arm: '3-layer CNN', value: '94.30' },
        { arm: 'CBAM CNN', value: '95.98' },
        { arm: 'balanced attention, 12 layers', value: '97.23' },
        { arm: 'fine-tuned ResNet-50 (external data)', value: '98.57' },
      ],
    },
    {
      setting: 'EuroSAT RGB, Cohen kappa',
      values: [{ arm: 'balanced attention, 12 layers', value: '0.9692' }],
    },
  ],
};
