import { ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxes, normalizeAxis } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, reshape } from './broadcast.js';
import { literal } from './create.js';
import { logicalNot, where } from './elementwise.js';
import { triangle } from './gather.js';
import { concat, split } from './movement.js';

const flipPrimitive: Primitive<{ axes: readonly number[] }> = {
  name: 'flip',
  infer: ([input]) => ({ shape: input!.shape, dtype: input!.dtype }),
  vjp: (cotangent, { attributes: { axes } }) => [flip(cotangent, axes)],
  emit(emitter, [input], { attributes: { axes } }) {
    const bounds = (value: number) =>
      emitter.constant(
        axes.map(() => value),
        'int64',
      );
    // An end before the first element is written as a number below any length.
    const [starts, ends, steps] = [bounds(-1), bounds(-(2 ** 31)), bounds(-1)];
    return emitter.operator('Slice', [input!, starts, ends, emitter.constant(axes, 'int64'), steps]);
  },
};

/** The elements in reverse order along `axes`, all of them unless said. */
export function flip(input: Tensor, axes?: number | readonly number[]): Tensor {
  const along = normalizeAxes('flip', axes, input.rank);
  return along.length === 0 || input.size === 0 ? input : apply(flipPrimitive, [input], { axes: along });
}

/** Moves elements `by` places towards the end of an axis (the last unless said); those that fall off enter at its start. */
export function roll(input: Tensor, by: number, axis = -1): Tensor {
  const length = input.shape[normalizeAxis('roll', axis, input.rank)]!;
  if (!Number.isInteger(by)) throw new ShapeError(`roll: by: expected an integer, got ${by}`);
  const places = length === 0 ? 0 : ((by % length) + length) % length;
  if (places === 0) return input;
  const [head, tail] = split(input, [length - places, places], axis) as [Tensor, Tensor];
  return concat([tail, head], axis);
}

/** The whole tensor repeated side by side, as many times as said for each axis. */
export function tile(input: Tensor, times: readonly number[]): Tensor {
  if (times.length !== input.rank || !times.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(`tile: expected ${input.rank} non-negative counts, got ${formatShape(times)}`);
  }
  const pairs = (first: (axis: number) => number) => input.shape.flatMap((n, axis) => [first(axis), n]);
  const spread = broadcastTo(
    reshape(
      input,
      pairs(() => 1),
    ),
    pairs((axis) => times[axis]!),
  );
  return reshape(
    spread,
    input.shape.map((n, axis) => n * times[axis]!),
  );
}

/** Every slice along an axis (the first unless said) `times` times in a row. */
export function repeat(input: Tensor, times: number, axis = 0): Tensor {
  const along = normalizeAxis('repeat', axis, input.rank);
  if (!(Number.isSafeInteger(times) && times >= 0)) {
    throw new ShapeError(`repeat: times: expected a non-negative integer, got ${times}`);
  }
  const [before, after] = [input.shape.slice(0, along + 1), input.shape.slice(along + 1)];
  const spread = broadcastTo(reshape(input, [...before, 1, ...after]), [...before, times, ...after]);
  return reshape(
    spread,
    input.shape.map((n, each) => (each === along ? n * times : n)),
  );
}

function inTriangle(name: string, input: Tensor, offset: number): Tensor {
  if (input.rank < 2) throw new ShapeError(`${name}: expected matrices, got ${formatShape(input.shape)}`);
  return triangle(input.length(-2), input.length(-1), offset);
}

/** Matrices with zeros where column > row + offset. */
export const tril = (input: Tensor, offset = 0): Tensor =>
  where(inTriangle('tril', input, offset), input, literal(0, input.dtype));

/** Matrices with zeros where column < row + offset. */
export const triu = (input: Tensor, offset = 0): Tensor =>
  where(logicalNot(inTriangle('triu', input, offset - 1)), input, literal(0, input.dtype));
