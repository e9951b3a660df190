import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { maximum, minimum } from './elementwise.js';
import { emitCast, emitFilled, emitReshape } from './emit.js';
import { zeros } from './fill.js';
import { requireIndices } from './gather.js';

interface Piece {
  readonly axis: number;
  readonly length: number;
}

/** The bounds of a piece as ONNX vectors of one element. */
function emitBounds(emitter: Emitter, start: string, length: number): [start: string, end: string] {
  const first = emitReshape(emitter, emitCast(emitter, start, 'int64'), [1]);
  return [first, emitter.operator('Add', [first, emitter.constant([length], 'int64')])];
}

const dynamicSlicePrimitive: Primitive<Piece> = {
  name: 'dynamicSlice',
  infer: ([input], { axis, length }) => ({
    shape: input!.shape.map((n, each) => (each === axis ? length : n)),
    dtype: input!.dtype,
  }),
  vjp: (cotangent, { inputs: [input, start], attributes }) => [
    apply(dynamicUpdateSlicePrimitive, [zeros(input!.shape, input!.dtype), cotangent, start!], attributes),
    undefined,
  ],
  emit(emitter, [input, start], { attributes: { axis, length }, output }) {
    if (output.size === 0) return emitFilled(emitter, 0, output.shape, output.dtype);
    const bounds = emitBounds(emitter, start!, length);
    return emitter.operator('Slice', [input!, ...bounds, emitter.constant([axis], 'int64')]);
  },
};

const dynamicUpdateSlicePrimitive: Primitive<Piece> = {
  name: 'dynamicUpdateSlice',
  infer: ([input]) => ({ shape: input!.shape, dtype: input!.dtype }),
  vjp: (cotangent, { inputs: [, update, start], attributes }) => [
    apply(dynamicUpdateSlicePrimitive, [cotangent, zeros(update!.shape, update!.dtype), start!], attributes),
    apply(dynamicSlicePrimitive, [cotangent, start!], attributes),
    undefined,
  ],
  emit(emitter, [input, update, start], { inputs: [, piece], attributes: { axis, length }, output }) {
    if (piece!.size === 0) return input!;
    const [first, end] = emitBounds(emitter, start!, length);
    const along = emitter.constant([axis], 'int64');
    const [zero, whole] = [0, output.shape[axis]!].map((bound) => emitter.constant([bound], 'int64'));
    const head = emitter.operator('Slice', [input!, zero!, first, along]);
    const tail = emitter.operator('Slice', [input!, end, whole!, along]);
    return emitter.operator('Concat', [head, update!, tail], { axis: { int: axis } });
  },
};

/** The start of a piece, moved so that the piece lies inside the axis. */
function clampedStart(name: string, input: Tensor, start: Tensor, { axis, length }: Piece): Tensor {
  requireIndices(name, start);
  if (start.rank !== 0)
    throw new ShapeError(`${name}: start: expected a scalar, got ${formatShape(start.shape)}`);
  const whole = input.shape[axis]!;
  if (!(Number.isInteger(length) && length >= 0 && length <= whole)) {
    throw new ShapeError(`${name}: ${length} does not fit into axis ${axis} of ${formatShape(input.shape)}`);
  }
  return maximum(minimum(start, whole - length), 0);
}

/**
 * `length` elements of an axis (the first unless said) from `start`, an int32 or int64 scalar that is known only when the
 * program runs. A start from which the piece would not fit is moved to the nearest one from which it does.
 * @throws ShapeError when the piece is longer than the axis
 */
export function dynamicSlice(input: Tensor, start: Tensor, length: number, axis = 0): Tensor {
  const piece = { axis: normalizeAxis('dynamicSlice', axis, input.rank), length };
  return apply(dynamicSlicePrimitive, [input, clampedStart('dynamicSlice', input, start, piece)], piece);
}

/**
 * `input` with `update` in place of the elements of an axis (the first unless said) from `start` on, as `dynamicSlice`
 * reads them: the other axes of both agree.
 */
export function dynamicUpdateSlice(input: Tensor, update: Tensor, start: Tensor, axis = 0): Tensor {
  const name = 'dynamicUpdateSlice';
  const along = normalizeAxis(name, axis, input.rank);
  if (update.dtype !== input.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${input.dtype} and ${update.dtype}; convert one with cast()`,
    );
  }
  const piece = { axis: along, length: update.shape[along] ?? 0 };
  if (
    !sameShape(
      update.shape,
      input.shape.map((n, each) => (each === along ? piece.length : n)),
    )
  ) {
    throw new ShapeError(
      `${name}: shapes differ outside axis ${axis}: ${formatShape(input.shape)} and ${formatShape(update.shape)}`,
    );
  }
  return apply(dynamicUpdateSlicePrimitive, [input, update, clampedStart(name, input, start, piece)], piece);
}
