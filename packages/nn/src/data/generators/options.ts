type Numbers = Readonly<Record<string, number>>;

/** Refuses the first number that does not fit; `where` names the generator, the key the option. */
function requireEach(where: string, numbers: Numbers, fits: (value: number) => boolean, expected: string) {
  for (const [name, value] of Object.entries(numbers)) {
    if (!fits(value)) throw new RangeError(`${where}: ${name}: got ${value}, expected ${expected}`);
  }
}

/** @throws RangeError unless all are whole numbers of at least `least` */
export const requireWhole = (where: string, numbers: Numbers, least = 1): void =>
  requireEach(
    where,
    numbers,
    (value) => Number.isSafeInteger(value) && value >= least,
    `a whole number of at least ${least}`,
  );

/** @throws RangeError unless all lie from 0 to 1 */
export const requireShares = (where: string, numbers: Numbers): void =>
  requireEach(where, numbers, (value) => value >= 0 && value <= 1, 'a number from 0 to 1');

/** @throws RangeError unless all are finite and not negative */
export const requireNotNegative = (where: string, numbers: Numbers): void =>
  requireEach(where, numbers, (value) => value >= 0 && value < Infinity, 'a number of at least 0');

/** @throws RangeError unless all are finite and positive */
export const requirePositive = (where: string, numbers: Numbers): void =>
  requireEach(where, numbers, (value) => value > 0 && value < Infinity, 'a positive number');

/** @throws RangeError unless all are finite */
export const requireFinite = (where: string, numbers: Numbers): void =>
  requireEach(where, numbers, Number.isFinite, 'a finite number');
