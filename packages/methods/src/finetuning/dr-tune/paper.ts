import type { Paper } from '../../paper.js';

export const drTune: Paper = {
  slug: 'dr-tune',
  title:
    'DR-Tune: Improving Fine-tuning of Pretrained Visual Models by Distribution Regularization with Semantic Calibration',
  arxivId: '2308.12058',
  date: '2023-08-23',
  authorCount: 3,
  repository: 'https://github.com/weeknan/DR-Tune',
  family: 'finetuning',
  summary:
    'Fine-tunes freely while the new head must also classify stored pretrained features, turned and shifted to follow the encoder.',
  inOneMinute: {
    problem:
      'Fine-tuning on few images forgets what pretraining learned. Tying weights or features to the pretrained model prevents that, but also holds learning back.',
    idea: 'Two queues keep features of recent images, one from the frozen and one from the trained encoder. The head learns from the current batch and from the frozen features, which are first aligned to the trained ones by a rotation and a shift per class. The encoder itself is not constrained.',
    cost: 'A second forward pass through the frozen encoder, two queues of 2048 features in the paper, and a decomposition of a square matrix of the feature width, in the published code every tenth step. Inference is unchanged.',
    useWhen: 'Fine-tuning a pretrained image model for a small or noisily labelled classification task.',
    avoidWhen:
      'Labels are clean and features drift little: in small trials the extra term then helped little and the alignment added nothing. Part of the gain comes from the higher learning rate of the head, so compare with that alone.',
  },
  published: [
    {
      setting: 'ImageNet20 top-1, ResNet-50 MoCo-v2',
      values: [
        { arm: 'CE-tuning', value: '88.28' },
        { arm: 'L2SP', value: '88.49' },
        { arm: 'Core-tuning', value: '92.73' },
        { arm: 'DR-Tune', value: '96.03' },
      ],
    },
    {
      setting: 'Mean top-1 of 9 data sets, ResNet-50 MoCo-v2',
      values: [
        { arm: 'CE-tuning', value: '87.76' },
        { arm: 'L2SP', value: '88.10' },
        { arm: 'Core-tuning', value: '90.47' },
        { arm: 'DR-Tune', value: '91.35' },
      ],
    },
    {
      setting: 'Mean top-1 of 7 data sets, supervised ViT-B',
      values: [
        { arm: 'VPT', value: '78.49' },
        { arm: 'SSF', value: '81.57' },
        { arm: 'Core-tuning', value: '78.16' },
        { arm: 'DR-Tune', value: '83.36' },
      ],
    },
  ],
};
