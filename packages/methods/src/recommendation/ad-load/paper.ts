import type { Paper } from '../../paper.js';

export const adLoad: Paper = {
  slug: 'ad-load',
  title: 'Ad-load Balancing via Off-policy Learning in a Content Marketplace',
  arxivId: '2309.11518',
  date: '2023-09-19',
  authorCount: 4,
  family: 'recommendation',
  summary:
    'Learns from randomized logs how many ads to show per feed fetch, weighing revenue against satisfaction with off-policy estimates.',
  inOneMinute: {
    problem:
      'One fixed number of ads annoys sensitive users and misses revenue from others, and trying out every alternative on live traffic is slow and risky.',
    idea: 'Each fetch is a contextual bandit: a context, an ad load, and a reward that mixes revenue with satisfaction. The stored probabilities of the logged choices give importance weights that estimate the value of any new policy; a reward model steadies the estimate (doubly robust), and the policy climbs its gradient.',
    cost: 'Serving must randomize and store the probability of each choice, so some users get a load that is not the best. Training is a small regression and a small policy; how revenue trades against satisfaction is a product decision.',
    useWhen:
      'There are few choices, made many times over, and past ones were randomized with known probabilities.',
    avoidWhen:
      'The log is deterministic or its probabilities are unknown: choices never made cannot be judged. With few records the weights vary widely, so check the effective sample size. Only the abstract was open to us; estimators are the standard ones.',
  },
  published: [],
};
