import { argSort, cast, formatShape, less, reshape, ShapeError, type Tensor } from '@evenkeel/tensor';

/** Semi-structured sparsity: n of every m consecutive elements of the last axis stay. 2 of 4 is what GPUs can skip. */
export interface NToMPattern {
  readonly n: number;
  readonly m: number;
}

/** @throws RangeError unless n and m are integers with 1 ≤ n ≤ m, and m divides `length` */
export function requirePattern(name: string, { n, m }: NToMPattern, length: number): void {
  if (!(Number.isInteger(m) && Number.isInteger(n) && n >= 1 && n <= m))
    throw new RangeError(`${name}: got ${n} of ${m}, expected integers with 1 ≤ n ≤ m`);
  if (length % m !== 0) throw new RangeError(`${name}: rows of ${length} cannot be cut into groups of ${m}`);
}

/**
 * Which elements stay: 1 for the n largest scores of every m consecutive ones along the last axis (among equals the first),
 * 0 for the others. In the graph; it has no derivative.
 * @param scores `[…, length]`: magnitudes |W| for plain pruning, |W| √h with mean squared inputs h for Wanda (arXiv 2306.11695)
 * @throws ShapeError for scalars; RangeError for a pattern that makes no sense or does not divide the axis
 */
export function nToMMask(scores: Tensor, pattern: NToMPattern): Tensor {
  if (scores.rank === 0)
    throw new ShapeError(`nToMMask: expected scores of rank 1 and up, got ${formatShape([])}`);
  requirePattern('nToMMask', pattern, scores.length(-1));
  const groups = reshape(scores, [scores.size / pattern.m, pattern.m]);
  // The rank of an element is where it stands in the order.
  const ranks = argSort(argSort(groups, { descending: true }));
  return reshape(cast(less(ranks, pattern.n), scores.dtype), scores.shape);
}

/** All ways to choose n of m places, in rising order. @throws RangeError as `nToMMask` */
export function nToMSupports({ n, m }: NToMPattern): number[][] {
  requirePattern('nToMSupports', { n, m }, m);
  const supports: number[][] = [];
  const extend = (support: readonly number[], from: number): void => {
    if (support.length === n) supports.push([...support]);
    else for (let place = from; place < m; place++) extend([...support, place], place + 1);
  };
  extend([], 0);
  return supports;
}
