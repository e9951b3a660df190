import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normaliseTitle } from './title.js';

it.each([
  ['AdaB$^2$N', 'AdaB2N'],
  ['AdaB\\textsuperscript{2}N', 'AdaB²N'],
  ['Fine-Tuning: A Study', 'fine tuning — a study'],
  ['$\\alpha$-Divergence', 'α-divergence'],
  ['{\\bf Bold} Claims', 'Bold claims'],
  ['Schr\\"odinger Bridges', 'Schrödinger Bridges'],
  ['90\\% Sparse', '90% sparse'],
  ['$\\mathcal{O}(n)$ Attention', 'O(n) Attention'],
  ['5$\\times$ Faster', '5× faster'],
])('reads %s and %s as one title', (one, other) => {
  expect(normaliseTitle(one)).toBe(normaliseTitle(other));
});

it('keeps different titles apart', () => {
  expect(normaliseTitle('Learning to Route')).not.toBe(normaliseTitle('Learning to Prune'));
  expect(normaliseTitle('GPT-2')).not.toBe(normaliseTitle('GPT-3'));
  expect(normaliseTitle('深度学习')).not.toBe(normaliseTitle('强化学习'));
});

it('is empty for a text without letters and digits', () => {
  expect(normaliseTitle('… — \\textbf{}!')).toBe('');
});

it('changes nothing when done twice', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (title) => {
      expect(normaliseTitle(normaliseTitle(title))).toBe(normaliseTitle(title));
    }),
  );
});
