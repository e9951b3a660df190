import type { Paper } from '../../paper.js';

export const sslRecs: Paper = {
  slug: 'ssl-recs',
  title: 'Self-supervised Learning for Large-scale Item Recommendations',
  arxivId: '2007.12865',
  date: '2020-07-25',
  authorCount: 11,
  family: 'recommendation',
  summary:
    'Adds a contrastive loss between two differently masked views of catalogue items to a two-tower recommender, which helps rare items most.',
  inOneMinute: {
    problem:
      'A recommender sees popular items often and rare ones hardly ever, so it learns little about the rare ones.',
    idea: 'Items are drawn uniformly from the catalogue instead of the log. Two views of an item show complementary halves of its features, and the item tower must recognize the two as the same item. Features that say nearly the same are hidden together, so that the match cannot take a shortcut.',
    cost: 'A second batch of items with two passes through the item tower in every step, the mutual information between features computed once, and a loss weight and temperature to tune. Serving is unchanged.',
    useWhen:
      'Two-tower retrieval with several categorical item features of large vocabulary and a long tail of rare items.',
    avoidWhen:
      'Items have few features, or features with few values: small trials then showed no gain. Too large a weight on the extra loss lowers recall.',
  },
  published: [],
};
