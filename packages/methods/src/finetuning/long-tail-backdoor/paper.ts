import type { Paper } from '../../paper.js';

export const longTailBackdoor: Paper = {
  slug: 'long-tail-backdoor',
  title: 'Rethinking the Bias of Foundation Model under Long-tailed Distribution',
  arxivId: '2501.15955',
  date: '2025-01-27',
  authorCount: 5,
  repository: 'https://github.com/JiahaoChen1/Pre-train-Imbalance',
  family: 'finetuning',
  summary:
    'Fine-tunes several foundation models on long-tailed data with adjusted logits and fuses them, as each neglects different classes.',
  inOneMinute: {
    problem:
      'A class can be rare in the task data and in the pretraining data too. Adjusting logits by class counts mends the first but not the second, which is built into the pretrained weights.',
    idea: 'Each of several foundation models gets small adapters and a cosine head, trained with logits shifted by the log class frequencies. At test time their unshifted logits are averaged, read as a backdoor adjustment over what each model has learned to see.',
    cost: 'One fine-tuning run and one forward pass per foundation model, so three models cost three times as much at inference. The backbones stay frozen.',
    useWhen:
      'Accuracy on rare classes matters and several pretrained models with different training data are at hand.',
    avoidWhen:
      'Inference time is tight, or all models come from the same pretraining data. The paper lacks a comparison with models pretrained alike; in small trials part of the gain was that of any ensemble.',
  },
  published: [
    {
      setting: 'Places365-LT, overall accuracy, gain over VL-LTR',
      values: [{ arm: 'backdoor adjustment', value: '+2.91' }],
    },
    {
      setting: 'ImageNet-LT, accuracy on classes with few examples, gain over LIFT',
      values: [{ arm: 'backdoor adjustment', value: '+3.49' }],
    },
    {
      setting: 'iNaturalist 2018, overall accuracy, gain over RAC',
      values: [{ arm: 'backdoor adjustment', value: '+1.91' }],
    },
  ],
};
