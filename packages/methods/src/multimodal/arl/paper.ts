import type { Paper } from '../../paper.js';

export const arl: Paper = {
  slug: 'arl',
  title: 'Improving Multimodal Learning via Imbalanced Learning',
  arxivId: '2507.10203',
  date: '2025-07-14',
  authorCount: 3,
  repository: 'https://github.com/shicaiwei123/ICCV2025-ARL',
  family: 'multimodal',
  summary:
    'Scales the gradients of each modality so that the fused model relies on it in inverse proportion to the variance of its predictions.',
  inOneMinute: {
    problem:
      'Joint training of two modalities often leaves one encoder poorly trained, and can end below the better modality alone. Forcing both to learn equally is not the remedy when one of them is noisier.',
    idea: 'The fusion head also makes a prediction from each modality alone; the entropy of that prediction stands for its variance. From it and the present use of each modality come coefficients that scale the gradient at each encoder output, and the losses of the single predictions join the main one.',
    cost: 'Two more passes through the fusion head and a few sums per step, and no extra parameters. Temperature, loss weight and the length of the warm-up must be set.',
    useWhen:
      'Classification from two modalities of unequal quality, such as sound and video, that are trained together.',
    avoidWhen:
      'One modality is nearly useless: plain joint training did better in a small trial. In another, the gain came from the added losses rather than the coefficients. The published code departs from the equations, and we follow the equations.',
  },
  published: [],
};
