import { DTypeError, formatShape, isFloat, ShapeError, sameShape, type Tensor } from '@evenkeel/tensor';

/** @throws ShapeError or DTypeError unless both are of one shape and one float dtype */
export function requireSame(name: string, first: string, a: Tensor, second: string, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(
      `${name}: ${first} ${formatShape(a.shape)} want ${second} of the same shape, got ${formatShape(b.shape)}`,
    );
  }
  if (!isFloat(a.dtype) || a.dtype !== b.dtype) {
    throw new DTypeError(
      `${name}: ${first} and ${second} must be of one float dtype, got ${a.dtype} and ${b.dtype}`,
    );
  }
}
