import { expect, it } from 'vitest';
import { venueOf } from './venue.js';

it.each([
  ['Accepted at ICLR 2026 (oral), 12 pages', 'ICLR 2026'],
  ['NIPS 2017', 'NeurIPS 2017'],
  ["Published in NEURIPS'23 Datasets and Benchmarks", 'NeurIPS 2023'],
  ['CVPR2024 highlight', 'CVPR 2024'],
  ['2024 IEEE/CVF Conference on Computer Vision and Pattern Recognition', 'CVPR 2024'],
  ['2023 IEEE ICRA, London', 'ICRA 2023'],
  ['Transactions on Machine Learning Research (03/2025)', 'TMLR 2025'],
  ['Transactions on Machine Learning Research, 2025', 'TMLR 2025'],
  ['Proceedings of the 41st International Conference on Machine Learning, Vienna, 2024', 'ICML 2024'],
  ['Findings of EMNLP 2024', 'EMNLP 2024'],
  ['NAACL 2025', 'NAACL 2025'],
  ['12 pages, 3 figures', undefined],
  ['A natural science of 2024', undefined],
  ['Under review', undefined],
  ['ICML, volume 202, pages 1990–2010', undefined],
])('reads “%s”: %s', (note, venue) => {
  expect(venueOf({ title: 'x', note })).toBe(venue);
});

it('believes the journal reference before the remark', () => {
  expect(venueOf({ title: 'x', note: 'ICML 2024', journalReference: 'JMLR 26 (2025)' })).toBe('JMLR 2025');
});
