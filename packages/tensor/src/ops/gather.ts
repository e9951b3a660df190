import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, requireShape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from './broadcast.js';
import { add, cast, equal, lessEqual } from './elementwise.js';
import { emitCounter, emitExpand, emitFilled, emitReshape } from './emit.js';
import { transpose } from './movement.js';

/** @throws DTypeError unless the tensor holds int32 or int64 */
export function requireIndices(name: string, indices: Tensor): void {
  if (indices.dtype !== 'int32' && indices.dtype !== 'int64') {
    throw new DTypeError(`${name}: indices must be int32 or int64, got ${indices.dtype}`);
  }
}

const takeRowsPrimitive: Primitive = {
  name: 'take',
  infer: ([input, indices]) => ({
    shape: [...indices!.shape, ...input!.shape.slice(1)],
    dtype: input!.dtype,
  }),
  vjp: (cotangent, { inputs: [input, indices] }) => [
    addRows(cotangent, indices!, input!.shape[0]!),
    undefined,
  ],
  emit: (emitter, inputs) => emitter.operator('Gather', inputs, { axis: { int: 0 } }),
};

const addRowsPrimitive: Primitive<{ rows: number }> = {
  name: 'addRows',
  infer: ([updates, indices], { rows }) => ({
    shape: [rows, ...updates!.shape.slice(indices!.rank)],
    dtype: updates!.dtype,
  }),
  vjp: (cotangent, { inputs: [, indices] }) => [take(cotangent, indices!), undefined],
  // ScatterND would be the natural form, but with several threads ONNX Runtime loses additions to the same row.
  emit(emitter, [updates, indices], { inputs, output }) {
    if (output.size === 0) return emitFilled(emitter, 0, output.shape, output.dtype);
    const [count, width] = [inputs[1]!.size, sizeOf(output.shape.slice(1))];
    const positions = emitExpand(emitter, emitReshape(emitter, indices!, [count, 1]), [count, width]);
    const zeros = emitFilled(emitter, 0, [output.shape[0]!, width], output.dtype);
    const sums = emitter.operator(
      'ScatterElements',
      [zeros, positions, emitReshape(emitter, updates!, [count, width])],
      {
        axis: { int: 0 },
        reduction: { string: 'add' },
      },
    );
    return emitReshape(emitter, sums, output.shape);
  },
};

/** The rows of `updates` added up by their index: row `i` of the result sums the rows whose index is `i`. */
export function addRows(updates: Tensor, indices: Tensor, rows: number): Tensor {
  return apply(addRowsPrimitive, [updates, indices], { rows });
}

/**
 * The slices of `input` along `axis` at `indices` (int32 or int64): axis `axis` is replaced by the axes of `indices`.
 * An index outside the axis is an error when it runs; negative ones down to the axis's length count from the end.
 */
export function take(input: Tensor, indices: Tensor, axis = 0): Tensor {
  requireIndices('take', indices);
  const along = normalizeAxis('take', axis, input.rank);
  if (along === 0) return apply(takeRowsPrimitive, [input, indices], {});
  const others = input.shape.map((_, each) => each).filter((each) => each !== along);
  const rows = take(transpose(input, [along, ...others]), indices);
  const axes = rows.shape.map((_, each) => each);
  const [before, after] = [axes.slice(indices.rank, indices.rank + along), axes.slice(indices.rank + along)];
  return transpose(rows, [...before, ...axes.slice(0, indices.rank), ...after]);
}

const takeAlongPrimitive: Primitive<{ axis: number }> = {
  name: 'takeAlong',
  infer([input, indices], { axis }) {
    const fits =
      input!.rank === indices!.rank &&
      indices!.shape.every((length, each) => each === axis || length === input!.shape[each]);
    if (!fits) {
      throw new ShapeError(
        `takeAlong: indices ${formatShape(indices!.shape)} and input ${formatShape(input!.shape)} differ outside axis ${axis}`,
      );
    }
    return { shape: indices!.shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input, indices], attributes: { axis } }) => [
    apply(addAlongPrimitive, [cotangent, indices!], { axis, length: input!.shape[axis]! }),
    undefined,
  ],
  emit: (emitter, inputs, { attributes: { axis } }) =>
    emitter.operator('GatherElements', inputs, { axis: { int: axis } }),
};

const addAlongPrimitive: Primitive<{ axis: number; length: number }> = {
  name: 'addAlong',
  infer: ([updates], { axis, length }) => ({
    shape: updates!.shape.map((n, each) => (each === axis ? length : n)),
    dtype: updates!.dtype,
  }),
  vjp: (cotangent, { inputs: [, indices], attributes: { axis } }) => [
    apply(takeAlongPrimitive, [cotangent, indices!], { axis }),
    undefined,
  ],
  emit: (emitter, [updates, indices], { attributes: { axis }, output }) =>
    emitter.operator(
      'ScatterElements',
      [emitFilled(emitter, 0, output.shape, output.dtype), indices!, updates!],
      {
        axis: { int: axis },
        reduction: { string: 'add' },
      },
    ),
};

/** Elements picked along an axis: result[…, i, …] = input[…, indices[…, i, …], …]. All other axes agree. */
export function takeAlong(input: Tensor, indices: Tensor, axis = -1): Tensor {
  requireIndices('takeAlong', indices);
  return apply(takeAlongPrimitive, [input, indices], { axis: normalizeAxis('takeAlong', axis, input.rank) });
}

const iotaPrimitive: Primitive<{ length: number }> = {
  name: 'iota',
  infer: (_, { length }) => ({ shape: [length], dtype: 'int32' }),
  emit: (emitter, _, { attributes: { length } }) => emitCounter(emitter, length),
};

/** 0, 1, … length - 1 as int32, shape [length]. */
export function iota(length: number): Tensor {
  requireShape('iota', [length]);
  return apply(iotaPrimitive, [], { length });
}

/** Indices as rows with a 1 at the index: […] → […, classes]; outside the range a row is all zeros. */
export function oneHot(indices: Tensor, classes: number, dtype: Tensor['dtype'] = 'float32'): Tensor {
  requireIndices('oneHot', indices);
  const positions = cast(iota(classes), indices.dtype);
  return cast(equal(reshape(indices, [...indices.shape, 1]), positions), dtype);
}

/** `true` where column ≤ row + offset, shape [rows, columns]: with offset 0 the mask of causal attention. */
export function triangle(rows: number, columns: number, offset = 0): Tensor {
  const [row, column] = [reshape(iota(rows), [rows, 1]), reshape(iota(columns), [1, columns])];
  return lessEqual(column, add(row, offset));
}
