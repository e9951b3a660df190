/** @throws RangeError in the name of a function when there is no value or one that is not finite. */
export function checkFinite(where: string, values: readonly number[]): void {
  if (values.length === 0) throw new RangeError(`${where}: values: got none, expected at least one`);
  const odd = values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new RangeError(`${where}: values: got ${odd}, expected finite numbers`);
}

/** The mean of some values, clamped, so that rounding does not take equal ones apart from it. */
export function average(values: readonly number[]): number {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.min(Math.max(mean, Math.min(...values)), Math.max(...values));
}
