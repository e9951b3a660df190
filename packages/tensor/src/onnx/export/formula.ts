/**
 * A number that depends on the lengths of the dynamic axes: a sum of products of lengths, each with a whole factor.
 * Entry `i` is the factor of the product of those axes whose bit is set in `i`; entry 0 stands alone.
 */
export type Formula = readonly number[];

/** Two lengths for which an axis is tried, and a third one to check with; all differ. */
export type Trial = readonly [low: number, high: number, check: number];

// Primes that are unlikely to be other lengths, so that no two axes agree by accident. The last ones are far away, so that
// steps show: ⌊length / 16⌋ is 1 for 23, for 29 and for 31.
const trials: readonly Trial[] = [
  [23, 29, 211],
  [37, 41, 223],
  [43, 47, 227],
  [53, 59, 229],
];

/** How many axes can be dynamic. */
export const mostAxes = trials.length;

/** What an axis is tried with unless it is said. */
export const usualTrial = (axis: number): Trial => trials[axis]!;

/** The lengths of all axes in each run: every combination of low and high, and the check. */
export function trialLengths(trials: readonly Trial[]): number[][] {
  if (trials.length === 0) return [[]];
  const combinations = Array.from({ length: 2 ** trials.length }, (_, mask) =>
    trials.map((trial, axis) => trial[(mask >> axis) & 1]!),
  );
  return [...combinations, trials.map((trial) => trial[2])];
}

/** The formula behind a number's values in the runs of `trialLengths`; undefined when there is none. */
export function formulaOf(values: readonly number[], trials: readonly Trial[]): Formula | undefined {
  const factors = values.slice(0, 2 ** trials.length);
  trials.forEach(([low, high], axis) => {
    for (let mask = 0; mask < factors.length; mask++) {
      const other = mask | (1 << axis);
      if (other === mask) continue;
      const slope = (factors[other]! - factors[mask]!) / (high - low);
      factors[mask]! -= slope * low;
      factors[other] = slope;
    }
  });
  const fits =
    factors.every(Number.isSafeInteger) &&
    evaluateFormula(factors, trialLengths(trials).at(-1)!) === values.at(-1);
  return fits ? factors : undefined;
}

/** The axes whose product an entry of a formula multiplies. */
export const axesOf = (mask: number): number[] =>
  Array.from({ length: Math.ceil(Math.log2(mask + 1)) }, (_, axis) => axis).filter(
    (axis) => (mask >> axis) & 1,
  );

export const evaluateFormula = (formula: Formula, lengths: readonly number[]): number =>
  formula.reduce(
    (total, factor, mask) => total + axesOf(mask).reduce((product, axis) => product * lengths[axis]!, factor),
    0,
  );

export const isConstant = (formula: Formula): boolean => formula.slice(1).every((factor) => factor === 0);

/** Such as `2*batch*length + 1`; a formula that is constant is a number. */
export function formatFormula(formula: Formula, names: readonly string[]): string | number {
  if (isConstant(formula)) return formula[0]!;
  const terms = formula.flatMap((factor, mask) => {
    if (factor === 0) return [];
    const product = axesOf(mask).map((axis) => names[axis]!);
    return [[...(factor === 1 && mask ? [] : [factor]), ...product].join('*')];
  });
  return terms.reverse().join(' + ');
}
