import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { decodeLsa, encodeLsa, lsaEmbedder, lsaId } from './embed.js';
import { fitLsa } from './fit.js';
import { wordsOf } from './words.js';

const themes = [
  'boat harbour anchor sail wave tide keel mast',
  'loss gradient step optimizer weight momentum rate epoch',
  'flour oven bread yeast crust dough salt butter',
];

/** Texts of a theme each, every one with other words of it. */
const texts = Array.from({ length: 30 }, (_, index) => {
  const words = themes[index % 3]!.split(' ');
  return Array.from({ length: 5 }, (_, place) => words[(index * 3 + place * (1 + (index % 2))) % 8]).join(
    ' ',
  );
});

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

describe('latent semantic analysis', () => {
  it('finds the directions of a singular value decomposition', () => {
    const model = fitLsa(texts, 4);
    const embed = lsaEmbedder(model);
    const full = fitLsa(texts, 1000);
    // In the whole space only the lengths are as in tf-idf: its rows are what is decomposed.
    const rows = texts.map((text) => [...lsaEmbedder(full)(text)]);
    const right = new SingularValueDecomposition(new Matrix(rows)).rightSingularVectors;
    for (const [i, j] of [
      [0, 3],
      [0, 1],
      [4, 29],
    ] as const) {
      const exact = [i, j].map((row) =>
        Array.from({ length: 4 }, (_, k) => dot(rows[row]!, right.getColumn(k))),
      ) as [number[], number[]];
      const cosine = dot(...exact) / Math.sqrt(dot(exact[0], exact[0]) * dot(exact[1], exact[1]));
      expect(dot(embed(texts[i]!), embed(texts[j]!))).toBeCloseTo(cosine, 4);
    }
  });

  it('has directions at right angles and of length 1', () => {
    const { terms, dimension, basis } = fitLsa(texts, 5);
    const column = (k: number) => terms.map((_, term) => basis[term * dimension + k]!);
    for (let a = 0; a < dimension; a++) {
      for (let b = 0; b <= a; b++) expect(dot(column(a), column(b))).toBeCloseTo(a === b ? 1 : 0, 5);
    }
  });

  it('takes words that stand together for near, even without a word in common', () => {
    const embed = lsaEmbedder(fitLsa(texts, 3));
    expect(dot(embed('mast'), embed('tide'))).toBeGreaterThan(0.9);
    expect(Math.abs(dot(embed('mast'), embed('yeast')))).toBeLessThan(0.1);
  });

  it('is the same each time, also when it was stored', () => {
    const state = encodeLsa(fitLsa(texts));
    expect(lsaId(encodeLsa(fitLsa(texts)))).toBe(lsaId(state));
    expect(lsaId(encodeLsa(fitLsa(texts.slice(1))))).not.toBe(lsaId(state));
    const stored = lsaEmbedder(decodeLsa(state));
    expect(stored(texts[0]!)).toEqual(lsaEmbedder(fitLsa(texts))(texts[0]!));
  });

  it('says nothing of words that it does not know', () => {
    expect(lsaEmbedder(fitLsa(texts))('zzzz qqqq').every((value) => value === 0)).toBe(true);
  });

  it('takes texts without words', () => {
    expect(fitLsa([]).terms).toEqual([]);
    expect(lsaEmbedder(fitLsa(['', 'the of and']))('boat')).toEqual(new Float32Array(1));
  });
});

it('reads words in any form, without accents and without those that stand everywhere', () => {
  expect(wordsOf('The quantized ÉLAN of 37 Quantizations')).toEqual(['quantiz', 'elan', 'quantiz']);
});
