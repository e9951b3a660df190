/** @throws RangeError unless a number is finite and at least 0 */
export function requireAmount(name: string, what: string, amount: number): void {
  if (!(Number.isFinite(amount) && amount >= 0))
    throw new RangeError(`${name}: ${what}: got ${amount}, expected a finite number of at least 0`);
}

/** @throws RangeError unless a mask has an entry of 0 or 1 for each channel */
export function requireKeep(name: string, keep: readonly number[], channels: number): void {
  if (keep.length !== channels)
    throw new RangeError(`${name}: got a mask of ${keep.length} for ${channels} channels`);
  const wrong = keep.find((each) => each !== 0 && each !== 1);
  if (wrong !== undefined) throw new RangeError(`${name}: a mask is made of 0 and 1, got ${wrong}`);
}

/** @throws RangeError unless there are scales, all finite */
export function requireScales(name: string, scales: ArrayLike<number>): void {
  if (scales.length === 0) throw new RangeError(`${name}: got no scales`);
  const wrong = Array.from(scales).find((each) => !Number.isFinite(each));
  if (wrong !== undefined) throw new RangeError(`${name}: scales must be finite, got ${wrong}`);
}
