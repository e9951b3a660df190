import type { Paper } from '../../paper.js';

export const alfLb: Paper = {
  slug: 'alf-lb',
  title:
    'A Theoretical Framework for Auxiliary-Loss-Free Load Balancing of Sparse Mixture-of-Experts in Large-Scale AI Models',
  arxivId: '2512.03915',
  date: '2025-12-03',
  family: 'routing',
  summary:
    'Explains the bias rule that balances expert routers without an extra loss, and which step sizes make it balance well.',
  inOneMinute: {
    problem:
      'A router that sends most tokens to a few experts leaves the other devices idle. A balancing loss mends that but works against the task, and the simpler rule of one bias per expert had no theory.',
    idea: 'Each expert has a bias that affects only which experts are chosen; after every step it rises for underloaded and falls for overloaded ones. Seen as primal-dual steps towards the best assignment of tokens to experts, this explains why loads even out and, for decreasing steps, why regret stays small.',
    cost: 'One number per expert and layer, and a sum of token counts over the whole batch per step. There is no loss term and no gradient, but a step size must be chosen.',
    useWhen:
      'Training sparse mixture-of-experts layers in which a balancing loss hurts and token counts can be summed over the whole batch.',
    avoidWhen:
      'Counts are known only per micro-batch: the rule then works clearly worse. A large constant step swings around balance, and in small trials balance improved but the task loss did not.',
  },
  published: [],
};
