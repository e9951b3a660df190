import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { gram, multiply } from './dense.js';
import { type SparseMatrix, times, transposedTimes } from './sparse.js';
import { wordsOf } from './words.js';

/** What latent semantic analysis has learned of a corpus. */
export interface LsaModel {
  readonly terms: readonly string[];
  /** How much each term tells: ln((n + 1) / (papers with it + 1)) + 1. */
  readonly weights: Float32Array;
  /** Numbers of a vector. */
  readonly dimension: number;
  /** Row-major, a row of `dimension` numbers for each term. */
  readonly basis: Float32Array;
}

const mostTerms = 12_000;
/** A corpus is known by a sample of so many of its texts. */
export const mostTexts = 20_000;
const mostDimensions = 256;
/** Directions beyond those that are kept make those more exact. */
const spare = 12;
const rounds = 3;

/**
 * Learns which words stand together: truncated singular value decomposition of tf-idf, by subspace iteration from a
 * start that is always the same.
 * @param dimension 256 at the most; a third of the texts where that is less
 */
export function fitLsa(texts: readonly string[], dimension = defaultDimension(texts.length)): LsaModel {
  const sample = texts.map(wordsOf);
  const { terms, weights } = vocabularyOf(sample);
  const matrix = matrixOf(sample, terms, weights);
  const kept = Math.max(1, Math.min(dimension, mostDimensions, sample.length, terms.length));
  const width = Math.min(kept + spare, sample.length, terms.length);
  let directions = startOf(terms.length, width);
  for (let round = 0; round < rounds && width > 0; round++) {
    directions = orthonormal(transposedTimes(matrix, times(matrix, directions, width), width), width);
  }
  // Once more, since the first time leaves what the numbers have lost.
  if (width > 0) directions = orthonormal(directions, width);
  const basis = width > 0 ? strongest(matrix, directions, width, kept) : new Float64Array();
  return { terms, weights, dimension: kept, basis: Float32Array.from(basis) };
}

/** A small corpus has few directions in which meanings differ; more of them would be its words again. */
export const defaultDimension = (texts: number): number =>
  Math.min(mostDimensions, Math.max(8, Math.round(texts / 3)));

function vocabularyOf(texts: readonly (readonly string[])[]) {
  const papers = new Map<string, number>();
  for (const words of texts) {
    for (const word of new Set(words)) papers.set(word, (papers.get(word) ?? 0) + 1);
  }
  // A word of one text alone stands together with nothing, but in a small corpus it is what a text is found by.
  const least = texts.length > 200 ? 2 : 1;
  const chosen = [...papers]
    .filter(([, count]) => count >= least)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, mostTerms);
  return {
    terms: chosen.map(([term]) => term),
    weights: Float32Array.from(chosen, ([, count]) => Math.log((texts.length + 1) / (count + 1)) + 1),
  };
}

function matrixOf(
  texts: readonly (readonly string[])[],
  terms: readonly string[],
  weights: Float32Array,
): SparseMatrix {
  const indexOf = new Map(terms.map((term, index) => [term, index]));
  const rows = texts.map((words) => [...weighted(words, indexOf, weights)]);
  const starts = new Uint32Array(rows.length + 1);
  rows.forEach((row, index) => {
    starts[index + 1] = starts[index]! + row.length;
  });
  return {
    rows: rows.length,
    columns: terms.length,
    starts,
    indices: Uint32Array.from(rows.flatMap((row) => row.map(([term]) => term))),
    values: Float32Array.from(rows.flatMap((row) => row.map(([, value]) => value))),
  };
}

/** The terms of a text with (1 + ln count) · weight, as a vector of length 1. */
export function weighted(
  words: readonly string[],
  indexOf: ReadonlyMap<string, number>,
  weights: Float32Array,
): Map<number, number> {
  const counts = new Map<number, number>();
  for (const word of words) {
    const term = indexOf.get(word);
    if (term !== undefined) counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  let squares = 0;
  for (const [term, count] of counts) {
    const value = (1 + Math.log(count)) * weights[term]!;
    counts.set(term, value);
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  for (const [term, value] of counts) counts.set(term, value / length);
  return counts;
}

/** Numbers between -1 and 1 in no order, the same each time (xorshift). */
function startOf(rows: number, width: number): Float64Array {
  let state = 0x9e3779b9;
  return Float64Array.from({ length: rows * width }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

/** Directions of the same space at right angles and of length 1; those that add nothing become 0. */
function orthonormal(directions: Float64Array, width: number): Float64Array {
  const { vectors, values } = eigen(gram(directions, width));
  const least = Math.max(...values) * 1e-12;
  const scales = values.map((value) => (value > least ? 1 / Math.sqrt(value) : 0));
  return multiply(directions, width, (i, j) => vectors.get(i, j) * scales[j]!, width);
}

/** Of the space of some directions, those along which the texts differ most, strongest first. */
function strongest(
  matrix: SparseMatrix,
  directions: Float64Array,
  width: number,
  kept: number,
): Float64Array {
  const { vectors, values } = eigen(gram(times(matrix, directions, width), width));
  const order = values.map((_, index) => index).sort((a, b) => values[b]! - values[a]!);
  return multiply(directions, width, (i, j) => vectors.get(i, order[j]!), kept);
}

function eigen(symmetric: number[][]): { vectors: Matrix; values: number[] } {
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(new Matrix(symmetric), {
    assumeSymmetric: true,
  });
  return { vectors: eigenvectorMatrix, values: realEigenvalues };
}
