/** @throws RangeError unless low ≤ value < high */
export function requireIn(
  name: string,
  option: string,
  value: number,
  low: number,
  high = Number.POSITIVE_INFINITY,
): void {
  if (!(value >= low && value < high)) {
    throw new RangeError(`${name}: ${option} must be in [${low}, ${high}), got ${value}`);
  }
}
