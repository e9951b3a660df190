import { type DType, leavesOf } from '@evenkeel/tensor';

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

/** @throws RangeError unless the value is a positive integer */
export function requireSteps(name: string, option: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new RangeError(`${name}: ${option} must be a positive integer, got ${value}`);
  }
}

/** The dtype of numbers that concern all tensors of a tree: float64 if any of them has it, else float32. */
export const floatOf = (tree: unknown): DType =>
  leavesOf(tree).some((leaf) => leaf.dtype === 'float64') ? 'float64' : 'float32';
