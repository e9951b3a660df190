/**
 * A number that depends on the lengths of the dynamic axes: a sum of products of lengths, each with a whole factor.
 * Entry `i` is the factor of the product of those axes whose bit is set in `i`; entry 0 stands alone.
 */
export type Formula = readonly number[];

/** Two lengths for which an axis is tried, and a third one to check with. */
export type Trial = readonly [low: number, high: number, check: number];

// Primes that are unlikely to be other lengths, so that no two axes agree by accident.
const primes = [23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71];

/** How many axes can be dynamic. */
export const mostAxes = primes.length / 3;

export const trialOf = (axis: number): Trial => primes.slice(3 * axis, 3 * axis + 3) as unknown as Trial;

/** The lengths of all axes in each trial: every combination of low and high, and the check. */
export function trialLengths(axes: number): number[][] {
  const combinations = Array.from({ length: 2 ** axes }, (_, mask) =>
    Array.from({ length: axes }, (_, axis) => trialOf(axis)[(mask >> axis) & 1]!),
  );
  const check = Array.from({ length: axes }, (_, axis) => trialOf(axis)[2]);
  return axes === 0 ? [[]] : [...combinations, check];
}

/** The formula behind a number's values in the trials of `trialLengths`; undefined when there is none. */
export function formulaOf(values: readonly number[], axes: number): Formula | undefined {
  const factors = values.slice(0, 2 ** axes);
  for (let axis = 0; axis < axes; axis++) {
    const [low, high] = trialOf(axis);
    for (let mask = 0; mask < factors.length; mask++) {
      const other = mask | (1 << axis);
      if (other === mask) continue;
      const slope = (factors[other]! - factors[mask]!) / (high - low);
      factors[mask]! -= slope * low;
      factors[other] = slope;
    }
  }
  const fits =
    factors.every(Number.isSafeInteger) &&
    (axes === 0 || evaluateFormula(factors, trialLengths(axes).at(-1)!) === values.at(-1));
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
