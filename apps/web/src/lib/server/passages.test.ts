import type { FeedPaper, SearchHit } from '@evenkeel/feed';
import { expect, it } from 'vitest';
import { passageOf } from './passages.js';

const paper = (words: Partial<FeedPaper>): FeedPaper => ({
  id: '2501.00001',
  title: 'A title',
  authors: [],
  tags: [],
  upvotes: 0,
  commentCount: 0,
  ...words,
});

/** A passage in which matches stand between brackets. */
const pieces = (text: string): SearchHit['snippet'] =>
  text
    .split(/[⟦⟧]/)
    .map((piece, index) => ({ text: piece, match: index % 2 === 1 }))
    .filter((piece) => piece.text !== '');

const html = (snippet: string, words: Partial<FeedPaper> = {}) =>
  passageOf(paper(words), pieces(snippet))?.html;

it('marks the words, and escapes all of them', () => {
  expect(html('a ⟦<b>⟧ & ⟦c⟧')).toBe('a <mark>&lt;b&gt;</mark> &amp; <mark>c</mark>');
  expect(passageOf(paper({}), [])).toBeUndefined();
});

it('knows the title', () => {
  expect(passageOf(paper({}), pieces('A ⟦title⟧'))?.isTitle).toBe(true);
  expect(passageOf(paper({}), pieces('a ⟦title⟧'))?.isTitle).toBe(false);
});

it('marks the whole of a formula in which a match is', () => {
  expect(html('of $⟦x⟧ + y$ here')).toMatch(/^of <mark><math .*<mo>\+<\/mo>.*<\/math><\/mark> here$/);
  expect(html('$\\alpha ⟦+⟧ b$ and ⟦b⟧')).toMatch(/^<mark><math .*<\/math><\/mark> and <mark>b<\/mark>$/);
});

it('marks the whole of a word with commands', () => {
  expect(html('Schr\\"⟦odinger⟧ and \\emph{deep ⟦learning⟧}')).toBe(
    '<mark>Schrödinger</mark> and <mark>deep learning</mark>',
  );
});

it('adds what lacks of a formula that was cut', () => {
  const abstract = 'We show $\\sum_{i} x_i$ for all ⟦networks⟧ of $n^2$ weights.'.replace(/[⟦⟧]/g, '');
  const passage = html('…x_i$ for all ⟦networks⟧ of $n…', { abstract });
  expect(passage).toMatch(
    /^…<math .*<mo>&#x2211;<\/mo>.*<\/math> for all <mark>networks<\/mark> of <math .*<\/math>…$/,
  );
});
