import type { Paper } from '../../paper.js';

export const quantnas: Paper = {
  slug: 'quantnas',
  title:
    'QuantNAS for super resolution: searching for efficient quantization-friendly architectures against quantization noise',
  arxivId: '2208.14839',
  date: '2022-08-31',
  authorCount: 7,
  repository: 'https://github.com/On-Point-RND/QuantNAS',
  family: 'quantization',
  summary:
    'Searches operations and bit widths of super-resolution networks together, with noise in place of quantization during the search.',
  inOneMinute: {
    problem:
      'Quantizing a finished super-resolution network costs quality, and searching for a better one with real quantization in the loop is slow and unsteady.',
    idea: 'One supernet mixes all operations and bit widths by learned probabilities, and adds noise as large as a rounding step instead of rounding. An entropy term drives the probabilities to clear choices and a cost term counts bit operations; the winner is trained with real quantization.',
    cost: 'A supernet that runs every candidate operation, alternating steps for weights and choices on two halves of the data, and then a training run of the winner.',
    useWhen:
      'A small low-bit network for images must meet a compute budget and there is time for one search.',
    avoidWhen:
      'The architecture is already fixed: training a given network under noise brought no clear gain in small trials. Without the entropy term, the chosen network can be far worse than the supernet that it came from.',
  },
  published: [
    {
      setting: 'Search time against search with real quantization',
      values: [{ arm: 'search with quantization noise', value: 'up to 30 % faster' }],
    },
  ],
};
