import { type Numbers, requireLabels, requirePairs } from './arrays.js';

/**
 * How often each class was taken for each: row `i`, column `j` counts the samples of class `i` that were predicted as `j`.
 * @param predicted classes from 0 to `classes - 1`, one a sample
 * @param labels the true classes
 * @throws RangeError for lists of unequal length or without samples, and for labels that are no classes
 */
export function confusionMatrix(predicted: Numbers, labels: Numbers, classes: number): number[][] {
  requirePairs('confusionMatrix', 'predictions', predicted, 'labels', labels);
  requireLabels('confusionMatrix', 'prediction', predicted, classes);
  requireLabels('confusionMatrix', 'label', labels, classes);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]![predicted[i]!]!++;
  return counts;
}

/** How well one class is told from the others; all in [0, 1]. */
export interface ClassScores {
  /** Share of the samples predicted as this class that are of it; 0 where none was predicted. */
  readonly precision: number;
  /** Share of the samples of this class that were predicted as it; 0 where there is none. */
  readonly recall: number;
  /** Harmonic mean of the two; 0 where both are 0. */
  readonly f1: number;
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const mean = (values: readonly number[]): number => sum(values) / values.length;

/** @throws RangeError unless it is square, of non-negative integers, with at least one sample */
function requireMatrix(name: string, matrix: readonly (readonly number[])[]): void {
  const isCount = (each: number) => Number.isSafeInteger(each) && each >= 0;
  if (matrix.length === 0 || !matrix.every((row) => row.length === matrix.length && row.every(isCount))) {
    throw new RangeError(`${name}: expected a square matrix of counts, as confusionMatrix makes it`);
  }
  if (sum(matrix.flat()) === 0) throw new RangeError(`${name}: the matrix counts no samples`);
}

function scoresIn(matrix: readonly (readonly number[])[], positive: number): ClassScores {
  const hits = matrix[positive]![positive]!;
  const predicted = sum(matrix.map((row) => row[positive]!));
  const there = sum(matrix[positive]!);
  return {
    precision: share(hits, predicted),
    recall: share(hits, there),
    f1: share(2 * hits, predicted + there),
  };
}

/**
 * Precision, recall and F1 of one class of a confusion matrix.
 * @param positive the class; 1 unless said, as for two classes
 * @throws RangeError for a matrix that is none of counts, and a class that it has not
 */
export function classScores(matrix: readonly (readonly number[])[], positive = 1): ClassScores {
  requireMatrix('classScores', matrix);
  if (matrix[positive] === undefined) {
    throw new RangeError(
      `classScores: positive: got ${positive}, expected a class from 0 to ${matrix.length - 1}`,
    );
  }
  return scoresIn(matrix, positive);
}

/**
 * Means of precision, recall and F1 over all classes of a confusion matrix, each class counting the same.
 * @throws RangeError for a matrix that is none of counts
 */
export function macroScores(matrix: readonly (readonly number[])[]): ClassScores {
  requireMatrix('macroScores', matrix);
  const each = matrix.map((_, positive) => scoresIn(matrix, positive));
  return {
    precision: mean(each.map(({ precision }) => precision)),
    recall: mean(each.map(({ recall }) => recall)),
    f1: mean(each.map(({ f1 }) => f1)),
  };
}

/**
 * Mean of the recalls of those classes of a confusion matrix that have samples, in [0, 1].
 * @throws RangeError for a matrix that is none of counts
 */
export function balancedAccuracy(matrix: readonly (readonly number[])[]): number {
  requireMatrix('balancedAccuracy', matrix);
  const recalls = matrix.flatMap((row, i) => (sum(row) > 0 ? [row[i]! / sum(row)] : []));
  return mean(recalls);
}
