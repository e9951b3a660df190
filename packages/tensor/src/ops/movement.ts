import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from './broadcast.js';
import { emitTransposed } from './emit.js';

const transposePrimitive: Primitive<{ permutation: readonly number[] }> = {
  name: 'transpose',
  infer: ([input], { permutation }) => ({
    shape: permutation.map((axis) => input!.shape[axis]!),
    dtype: input!.dtype,
  }),
  vjp: (cotangent, { attributes: { permutation } }) => [
    transpose(
      cotangent,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  emit: (emitter, [input], { attributes: { permutation } }) => emitTransposed(emitter, input!, permutation),
};

/** Reorders axes: axis `i` of the result is axis `permutation[i]` of the input. Reverses them unless said. */
export function transpose(input: Tensor, permutation?: readonly number[]): Tensor {
  const order = (permutation ?? input.shape.map((_, axis) => input.rank - 1 - axis)).map((axis) =>
    normalizeAxis('transpose', axis, input.rank),
  );
  if (order.length !== input.rank || new Set(order).size !== input.rank) {
    throw new ShapeError(
      `transpose: ${formatShape(permutation ?? [])} is no permutation of the axes of ${formatShape(input.shape)}`,
    );
  }
  return apply(transposePrimitive, [input], { permutation: order });
}

/** Swaps two axes. */
export function swapAxes(input: Tensor, first: number, second: number): Tensor {
  const [a, b] = [
    normalizeAxis('swapAxes', first, input.rank),
    normalizeAxis('swapAxes', second, input.rank),
  ];
  return transpose(
    input,
    input.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );
}

const slicePrimitive: Primitive<{ starts: readonly number[]; ends: readonly number[] }> = {
  name: 'slice',
  infer: ([input], { starts, ends }) => ({
    shape: starts.map((start, axis) => ends[axis]! - start),
    dtype: input!.dtype,
  }),
  vjp: (cotangent, { inputs: [input], attributes: { starts, ends } }) => [
    apply(padPrimitive, [cotangent], {
      before: starts,
      after: input!.shape.map((length, axis) => length - ends[axis]!),
    }),
  ],
  emit: (emitter, [input], { attributes: { starts, ends } }) =>
    emitter.operator('Slice', [input!, emitter.constant(starts, 'int64'), emitter.constant(ends, 'int64')]),
};

/**
 * The block from `starts` up to but not including `ends`, one number an axis; axes left out are taken whole.
 * Negative numbers count from the end.
 * @throws ShapeError when a bound lies outside the tensor
 */
export function slice(
  input: Tensor,
  starts: readonly number[],
  ends: readonly (number | undefined)[] = [],
): Tensor {
  const bound = (given: number | undefined, length: number, otherwise: number): number => {
    const position = given === undefined ? otherwise : given < 0 ? given + length : given;
    if (!(Number.isInteger(position) && position >= 0 && position <= length)) {
      throw new ShapeError(
        `slice: ${given} is outside an axis of length ${length} of ${formatShape(input.shape)}`,
      );
    }
    return position;
  };
  if (Math.max(starts.length, ends.length) > input.rank) {
    throw new ShapeError(
      `slice: ${Math.max(starts.length, ends.length)} bounds for ${formatShape(input.shape)}`,
    );
  }
  const from = input.shape.map((length, axis) => bound(starts[axis], length, 0));
  const to = input.shape.map((length, axis) => Math.max(from[axis]!, bound(ends[axis], length, length)));
  return apply(slicePrimitive, [input], { starts: from, ends: to });
}

const padPrimitive: Primitive<{ before: readonly number[]; after: readonly number[] }> = {
  name: 'pad',
  infer: ([input], { before, after }) => ({
    shape: input!.shape.map((length, axis) => length + before[axis]! + after[axis]!),
    dtype: input!.dtype,
  }),
  vjp: (cotangent, { inputs: [input], attributes: { before } }) => [
    slice(
      cotangent,
      before,
      input!.shape.map((length, axis) => length + before[axis]!),
    ),
  ],
  emit: (emitter, [input], { attributes: { before, after } }) =>
    emitter.operator('Pad', [input!, emitter.constant([...before, ...after], 'int64')]),
};

/** Adds zeros before and after, as many as said for each axis. */
export function pad(input: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const counts = [...before, ...after];
  if (
    before.length !== input.rank ||
    after.length !== input.rank ||
    counts.some((n) => !(Number.isInteger(n) && n >= 0))
  ) {
    throw new ShapeError(
      `pad: expected ${input.rank} non-negative counts before and after, got ${formatShape(before)} and ${formatShape(after)}`,
    );
  }
  return apply(padPrimitive, [input], { before, after });
}

const concatPrimitive: Primitive<{ axis: number }> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [first, ...rest] = inputs as [Tensor, ...Tensor[]];
    for (const other of rest) {
      if (other.dtype !== first.dtype)
        throw new DTypeError(`concat: dtypes differ: ${first.dtype} and ${other.dtype}`);
      const fits =
        other.rank === first.rank && other.shape.every((n, each) => each === axis || n === first.shape[each]);
      if (!fits) {
        throw new ShapeError(
          `concat: shapes differ outside axis ${axis}: ${formatShape(first.shape)} and ${formatShape(other.shape)}`,
        );
      }
    }
    const length = inputs.reduce((total, input) => total + input.shape[axis]!, 0);
    return { shape: first.shape.map((n, each) => (each === axis ? length : n)), dtype: first.dtype };
  },
  vjp: (cotangent, { inputs, attributes: { axis } }) =>
    split(
      cotangent,
      inputs.map((input) => input.shape[axis]!),
      axis,
    ),
  emit: (emitter, inputs, { attributes: { axis } }) =>
    emitter.operator('Concat', inputs, { axis: { int: axis } }),
};

/** Joins tensors along an axis that they have. */
export function concat(inputs: readonly Tensor[], axis = 0): Tensor {
  if (inputs.length === 0) throw new ShapeError('concat: expected at least one tensor, got none');
  return apply(concatPrimitive, inputs, { axis: normalizeAxis('concat', axis, inputs[0]!.rank) });
}

/** Joins tensors of one shape along a new axis. */
export const stack = (inputs: readonly Tensor[], axis = 0): Tensor =>
  concat(
    inputs.map((input) => expandAxis(input, axis)),
    axis,
  );

/** Cuts an axis into pieces of the given lengths, or into `n` equal ones. */
export function split(input: Tensor, lengths: number | readonly number[], axis = 0): Tensor[] {
  const along = normalizeAxis('split', axis, input.rank);
  const total = input.shape[along]!;
  const pieces =
    typeof lengths === 'number' ? Array.from({ length: lengths }, () => total / lengths) : lengths;
  if (!pieces.every(Number.isInteger) || pieces.reduce((a, b) => a + b, 0) !== total) {
    throw new ShapeError(
      `split: pieces ${formatShape(pieces)} do not make up axis ${axis} of ${formatShape(input.shape)}`,
    );
  }
  let start = 0;
  return pieces.map((length) => {
    const at = (position: number, otherwise: Shape) =>
      otherwise.map((n, each) => (each === along ? position : n));
    const piece = slice(
      input,
      at(
        start,
        input.shape.map(() => 0),
      ),
      at(start + length, input.shape),
    );
    start += length;
    return piece;
  });
}

/** Adds an axis of length 1. */
export function expandAxis(input: Tensor, axis: number): Tensor {
  const at = normalizeAxis('expandAxis', axis, input.rank + 1);
  return reshape(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)]);
}

/** Removes an axis of length 1. */
export function squeeze(input: Tensor, axis: number): Tensor {
  const at = normalizeAxis('squeeze', axis, input.rank);
  if (input.shape[at] !== 1) {
    throw new ShapeError(
      `squeeze: axis ${axis} of ${formatShape(input.shape)} has length ${input.shape[at]}, not 1`,
    );
  }
  return reshape(
    input,
    input.shape.filter((_, each) => each !== at),
  );
}
