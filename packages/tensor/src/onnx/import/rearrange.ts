import { ShapeError } from '../../graph/errors.js';
import { formatShape, type Shape, sizeOf } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { reshape } from '../../ops/broadcast.js';
import { knownValue, mostKnown, movedValue, type Value } from './value.js';

/** Steps between neighbours along each axis of a row-major array. */
export const stridesOf = (shape: Shape): number[] => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

/** All positions of an array, row-major. The array is the same each time. */
export function* positionsIn(shape: Shape): Generator<readonly number[]> {
  const position = shape.map(() => 0);
  const count = sizeOf(shape);
  for (let n = 0; n < count; n++) {
    yield position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis]!++;
      if (position[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
  }
}

/** Row-major index of a position. */
export const indexOf = (position: readonly number[], strides: readonly number[]): number =>
  position.reduce((index, at, axis) => index + at * strides[axis]!, 0);

/** The same elements in another shape. @throws ShapeError when it has another size */
export function reshaped(value: Value, shape: Shape): Value {
  if (!value.numbers) return movedValue(value, (tensor) => reshape(tensor, shape));
  if (sizeOf(shape) !== value.numbers.length) {
    throw new ShapeError(`${formatShape(value.shape)} does not reshape to ${formatShape(shape)}`);
  }
  return knownValue(value.numbers, value.dtype, shape, value.stored);
}

/**
 * Elements of `value` in another arrangement.
 * @param from index of the element that comes to a position, for numbers that are known
 * @param operation the same for tensors
 */
export function rearranged(
  value: Value,
  shape: Shape,
  from: (position: readonly number[]) => number,
  operation: (tensor: Tensor) => Tensor,
): Value {
  const { numbers, dtype, stored } = value;
  if (!numbers || sizeOf(shape) > mostKnown) return movedValue(value, operation);
  return knownValue(
    Array.from(positionsIn(shape), (position) => numbers[from(position)]!),
    dtype,
    shape,
    stored,
  );
}
