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

const stridedSlicePrimitive: Primitive<{
  starts: readonly number[];
  steps: readonly number[];
  shape: Shape;
}> = {
  name: 'stridedSlice',
  infer: ([input], { shape }) => ({ shape, dtype: input!.dtype }),
  vjp: (cotangent, { inputs: [input], attributes: { starts, steps } }) => [
    spread(cotangent, starts, steps, input!.shape),
  ],
  emit(emitter, [input], { attributes: { starts, steps, shape } }) {
    // An end before the first element is written as a number below any length.
    const ends = starts.map((start, axis) => {
      const end = start + shape[axis]! * steps[axis]!;
      return end < 0 ? -(2 ** 31) : end;
    });
    const axes = starts.map((_, axis) => axis);
    return emitter.operator('Slice', [
      input!,
      ...[starts, ends, axes, steps].map((numbers) => emitter.constant(numbers, 'int64')),
    ]);
  },
};

/** Puts elements at `start + i · step` of every axis, among zeros: the transpose of slicing with steps. */
function spread(pieces: Tensor, starts: readonly number[], steps: readonly number[], target: Shape): Tensor {
  const forwards = stridedSlice(
    pieces,
    pieces.shape.map((length, axis) => (steps[axis]! < 0 ? length - 1 : 0)),
    steps.map(Math.sign),
    pieces.shape,
  );
  return target.reduce((spaced, length, axis) => {
    const count = spaced.shape[axis]!;
    const step = Math.abs(steps[axis]!);
    const first = steps[axis]! < 0 ? starts[axis]! - (count - 1) * step : starts[axis]!;
    const outside = (before: number, after: number, at: number, rank: number) =>
      [before, after].map((n) => Array.from({ length: rank }, (_, each) => (each === at ? n : 0)));
    const gaps = outside(0, step - 1, axis + 1, spaced.rank + 1) as [number[], number[]];
    const apart = reshape(
      pad(expandAxis(spaced, axis + 1), ...gaps),
      spaced.shape.map((n, each) => (each === axis ? n * step : n)),
    );
    // The gap after the last element may reach over the end.
    const room = length - first;
    const fitting = slice(
      apart,
      [],
      apart.shape.map((n, each) => (each === axis ? Math.min(n, room) : n)),
    );
    const around = outside(first, room - fitting.shape[axis]!, axis, spaced.rank) as [number[], number[]];
    return pad(fitting, ...around);
  }, forwards);
}

function stridedSlice(
  input: Tensor,
  starts: readonly number[],
  steps: readonly number[],
  shape: Shape,
): Tensor {
  if (steps.every((step) => step === 1)) {
    return apply(slicePrimitive, [input], {
      starts,
      ends: starts.map((start, axis) => start + shape[axis]!),
    });
  }
  return apply(stridedSlicePrimitive, [input], { starts, steps, shape });
}

/**
 * The block from `starts` up to but not including `ends`, in `steps`, one number an axis; axes left out are taken whole.
 * Negative bounds count from the end. Negative steps walk from `starts` (the last element unless said) down to, but not
 * including, `ends` (through the first element unless said).
 * @throws ShapeError when a bound lies outside the tensor, or a step is no integer or 0
 */
export function slice(
  input: Tensor,
  starts: readonly (number | undefined)[],
  ends: readonly (number | undefined)[] = [],
  steps: readonly number[] = [],
): Tensor {
  const count = Math.max(starts.length, ends.length, steps.length);
  if (count > input.rank) throw new ShapeError(`slice: ${count} bounds for ${formatShape(input.shape)}`);
  if (!steps.every((step) => Number.isSafeInteger(step) && step !== 0)) {
    throw new ShapeError(`slice: steps: expected integers other than 0, got ${formatShape(steps)}`);
  }
  const bound = (given: number | undefined, length: number, otherwise: number): number => {
    if (given === undefined) return otherwise;
    const position = given < 0 ? given + length : given;
    if (!(Number.isInteger(position) && position >= 0 && position <= length)) {
      throw new ShapeError(
        `slice: ${given} is outside an axis of length ${length} of ${formatShape(input.shape)}`,
      );
    }
    return position;
  };
  if (input.rank === 0) return input;
  const axes = input.shape.map((length, axis) => {
    const step = steps[axis] ?? 1;
    const start = Math.min(
      bound(starts[axis], length, step < 0 ? length - 1 : 0),
      step < 0 ? length - 1 : length,
    );
    const end = bound(ends[axis], length, step < 0 ? -1 : length);
    return { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return stridedSlice(
    input,
    axes.map(({ start }) => start),
    axes.map(({ step }) => step),
    axes.map(({ length }) => length),
  );
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
  // ONNX Runtime neither pads nor slices scalars.
  return input.rank === 0 ? input : apply(padPrimitive, [input], { before, after });
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
