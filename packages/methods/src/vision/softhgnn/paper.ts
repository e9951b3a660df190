import type { Paper } from '../../paper.js';

export const softhgnn: Paper = {
  slug: 'softhgnn',
  title: 'SoftHGNN: Soft Hypergraph Neural Networks for General Visual Recognition',
  arxivId: '2505.15325',
  date: '2025-05-21',
  authorCount: 7,
  repository: 'https://github.com/Mengqi-Lei/SoftHGNN',
  family: 'vision',
  summary:
    'A vision layer that gathers tokens into a few soft groups and sends one message per group back, at a cost linear in the token count.',
  inOneMinute: {
    problem:
      'Self-attention compares tokens two by two, and its cost grows with the square of their number. Hypergraph layers link whole groups, but with hard membership they build many groups that say the same.',
    idea: 'Learned prototypes, adapted to each input from the mean and maximum of its tokens, give every token a continuous share in each group. A group averages its tokens by these shares, and its message is added back to the tokens through the same shares.',
    cost: 'Work grows linearly with the number of tokens. Most extra parameters sit in the map that adapts the prototypes: about twice the number of groups times the square of the width.',
    useWhen:
      'Images of many tokens whose parts repeat or interact, such as crowds or object detection, where one more attention layer is too expensive.',
    avoidWhen:
      'Token counts are small and attention is affordable: on a toy grouping task attention did better. In the published code the load-balancing loss of the sparse variant passes no gradient, so do not count on it for balance.',
  },
  published: [
    {
      setting: 'CIFAR-10 accuracy %, small ViT',
      values: [
        { arm: 'base', value: '78.6' },
        { arm: '+ self-attention', value: '78.8' },
        { arm: '+ HGNN', value: '78.5' },
        { arm: '+ SoftHGNN', value: '80.5' },
        { arm: '+ SoftHGNN-SeS', value: '81.1' },
      ],
    },
    {
      setting: 'CIFAR-100 accuracy %, small ViT',
      values: [
        { arm: 'base', value: '53.4' },
        { arm: '+ self-attention', value: '53.8' },
        { arm: '+ HGNN', value: '53.6' },
        { arm: '+ SoftHGNN', value: '55.2' },
        { arm: '+ SoftHGNN-SeS', value: '55.8' },
      ],
    },
    {
      setting: 'ShanghaiTech A crowd counting, mean absolute error (lower is better)',
      values: [
        { arm: 'base', value: '53.7' },
        { arm: '+ self-attention', value: '53.1' },
        { arm: '+ HGNN', value: '53.5' },
        { arm: '+ SoftHGNN', value: '51.7' },
        { arm: '+ SoftHGNN-SeS', value: '51.7' },
      ],
    },
  ],
};
