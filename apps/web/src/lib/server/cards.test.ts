import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstSentence } from './cards.js';

it('takes the first sentence of a text', () => {
  expect(firstSentence('It is fast. It is small.')).toBe('It is fast.');
  expect(firstSentence('Is it? Yes.')).toBe('Is it?');
  expect(firstSentence('One sentence without an end')).toBe('One sentence without an end');
});

it('does not end at a decimal point or within a word', () => {
  expect(firstSentence('It gains 1.5 points on v2.0 data. More follows.')).toBe(
    'It gains 1.5 points on v2.0 data.',
  );
  expect(firstSentence('Methods, e.g. pruning, help. More follows.')).toBe('Methods, e.g. pruning, help.');
});

it('cuts a very long sentence at a word', () => {
  const cut = firstSentence(`${'word '.repeat(200)}end.`);
  expect(cut).toMatch(/word …$/);
  expect(cut.length).toBeLessThanOrEqual(282);
});

it('neither ends nor is cut within a formula', () => {
  expect(firstSentence('We show $f(x). Y$ holds. More.')).toBe('We show $f(x). Y$ holds.');
  const text = `${'word '.repeat(54)}$a + b + c + d + e + f$ ${'word '.repeat(50)}`;
  expect(firstSentence(text)).toBe(`${'word '.repeat(54)}…`);
});

it('always gives the beginning of the text, and never much of it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 3000 }), (text) => {
      const sentence = firstSentence(text);
      expect(sentence.length).toBeLessThanOrEqual(282);
      expect(text.startsWith(sentence.replace(/ …$/, ''))).toBe(true);
    }),
  );
});
