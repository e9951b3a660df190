import { columnsOf, type Numbers } from './arrays.js';

/**
 * Expected calibration error: samples are sorted into bins of equal width by the probability of the predicted class, and
 * what counts is the mean over samples of |share of hits in the bin - mean probability in the bin|. In [0, 1]. A
 * probability on the border of two bins belongs to the lower one.
 * @param probabilities a row for each sample, row by row: `[samples, classes]`, in [0, 1], each row with sum 1
 * @param labels one a sample
 * @param bins 15 unless said
 * @throws RangeError for rows that are no probabilities, labels that are no classes, fewer than one bin
 */
export function calibrationError(probabilities: Numbers, labels: Numbers, bins = 15): number {
  const classes = columnsOf('calibrationError', 'probabilities', probabilities, labels);
  if (!(Number.isSafeInteger(bins) && bins >= 1)) {
    throw new RangeError(`calibrationError: bins: got ${bins}, expected an integer of at least 1`);
  }
  /** Hits less probabilities, added up. */
  const excess = new Float64Array(bins);
  for (let i = 0; i < labels.length; i++) {
    const row = Array.from({ length: classes }, (_, j) => probabilities[i * classes + j]!);
    requireProbabilities(row, i);
    const highest = Math.max(...row);
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil(highest * bins) - 1));
    excess[bin]! += Number(row.indexOf(highest) === labels[i]) - highest;
  }
  return excess.reduce((sum, each) => sum + Math.abs(each), 0) / labels.length;
}

function requireProbabilities(row: readonly number[], sample: number): void {
  const sum = row.reduce((a, b) => a + b, 0);
  if (row.some((each) => each < 0 || each > 1 + 1e-6) || Math.abs(sum - 1) > 1e-3) {
    throw new RangeError(
      `calibrationError: sample ${sample}: expected probabilities with sum 1, got the sum ${sum} of [${row.join(', ')}]`,
    );
  }
}
