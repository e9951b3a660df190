import { cast, formatShape, isFloat, ShapeError, type Tensor } from '@evenkeel/tensor';

/** The elements of a tensor where they are known. */
export const known = ({ value }: Tensor): readonly number[] => (value ? Array.from(value.data, Number) : []);

/** @throws RangeError unless the value is a whole number from `least` to `most` */
export function requireWhole(
  name: string,
  what: string,
  value: number,
  [least, most]: readonly [number, number],
): void {
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    const range = most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `of at least ${least}`;
    throw new RangeError(`${name}: ${what} must be an integer ${range}, got ${value}`);
  }
}

/** @throws RangeError unless the value is positive and finite */
export function requirePositive(name: string, what: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${what} must be positive and finite, got ${value}`);
  }
}

/** @throws RangeError unless the value is finite and not negative */
export function requireNotNegative(name: string, what: string, value: number): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${name}: ${what} must be finite and not negative, got ${value}`);
  }
}

/** @throws RangeError unless the value is one of those that are allowed */
export function requireOneOf<T>(name: string, what: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${name}: ${what} must be one of ${allowed.join(', ')}, got ${value}`);
  }
}

/**
 * Counts `[…, experts]` as float: as they are if they are, else in float32.
 * @throws ShapeError for a scalar, no elements, or another number of experts than is said; RangeError for counts that are
 *   negative or not finite, or of which none is above 0 along the last axis, where their values are known
 */
export function requireCounts(name: string, counts: Tensor, experts?: number): Tensor {
  const wanted = experts ?? counts.shape.at(-1);
  if (counts.rank === 0 || counts.size === 0 || counts.length(-1) !== wanted) {
    throw new ShapeError(
      `${name}: expected counts [..., ${experts ?? 'experts'}], got ${formatShape(counts.shape)}`,
    );
  }
  const values = known(counts);
  const wrong = values.find((count) => !(count >= 0 && count < Number.POSITIVE_INFINITY));
  if (wrong !== undefined) {
    throw new RangeError(`${name}: counts must be finite and not negative, got ${wrong}`);
  }
  for (let row = 0; row < values.length; row += wanted) {
    if (values.slice(row, row + wanted).every((count) => count === 0)) {
      throw new RangeError(`${name}: counts must not all be 0`);
    }
  }
  return isFloat(counts.dtype) ? counts : cast(counts, 'float32');
}
