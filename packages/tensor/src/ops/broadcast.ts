import { isFloat } from '../graph/dtype.js';
import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  requireShape,
  type Shape,
  sameShape,
  sizeOf,
} from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { emitExpand, emitFilled, emitReduced, emitReshape } from './emit.js';

// Reshape, broadcast and sum stand together because they are each other's transposes.

const reshapePrimitive: Primitive<{ shape: Shape }> = {
  name: 'reshape',
  infer([input], { shape }) {
    requireShape('reshape', shape);
    if (sizeOf(shape) !== input!.size) {
      throw new ShapeError(
        `reshape: ${formatShape(input!.shape)} has ${input!.size} elements, ${formatShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return { shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input] }) => [reshape(cotangent, input!.shape)],
  emit: (emitter, [input], { attributes: { shape } }) => emitReshape(emitter, input!, shape),
};

/** The same elements in another shape; one length may be -1 and is then worked out. */
export function reshape(input: Tensor, shape: Shape): Tensor {
  const unknown = shape.indexOf(-1);
  if (unknown < 0) return apply(reshapePrimitive, [input], { shape });
  const known = sizeOf(shape.filter((_, axis) => axis !== unknown));
  const length = known === 0 ? 0 : input.size / known;
  return apply(reshapePrimitive, [input], {
    shape: shape.map((each, axis) => (axis === unknown ? length : each)),
  });
}

const broadcastPrimitive: Primitive<{ shape: Shape }> = {
  name: 'broadcastTo',
  infer([input], { shape }) {
    requireShape('broadcastTo', shape);
    if (!sameShape(broadcastShapes('broadcastTo', input!.shape, shape), shape)) {
      throw new ShapeError(
        `broadcastTo: ${formatShape(input!.shape)} does not broadcast to ${formatShape(shape)}`,
      );
    }
    return { shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input] }) => [sumTo(cotangent, input!.shape)],
  // ONNX Runtime expands [1] to [0] by leaving it as it is.
  emit: (emitter, [input], { attributes: { shape }, output }) =>
    output.size === 0 ? emitFilled(emitter, 0, shape, output.dtype) : emitExpand(emitter, input!, shape),
};

/** Repeats along axes of length 1 and new leading axes until the shape is `shape`. */
export const broadcastTo = (input: Tensor, shape: Shape): Tensor =>
  sameShape(input.shape, shape) ? input : apply(broadcastPrimitive, [input], { shape });

const sumPrimitive: Primitive<{ axes: readonly number[] }> = {
  name: 'sum',
  infer([input], { axes }) {
    if (input!.dtype === 'bool') throw new DTypeError('sum: got bool; convert it with cast() first');
    return { shape: reducedShape(input!.shape, axes), dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input] }) => [broadcastTo(cotangent, input!.shape)],
  // Sums of int32 and of uint32 wrap around to the same bits.
  emit(emitter, [input], { inputs: [tensor], attributes: { axes }, output: { dtype } }) {
    const { rank, shape } = tensor!;
    const isOfManyRows = rank === 2 && axes.length === 1 && axes[0] === 0 && shape[0]! >= manyRows;
    if (isOfManyRows && dtype === 'float32' && !emitter.target.file) {
      return emitter.operator('MatMul', [emitFilled(emitter, 1, [1, shape[0]!], dtype), input!]);
    }
    return emitReduced(emitter, 'ReduceSum', input!, axes, dtype, 'int32');
  },
};

/** From how many rows on a product with ones adds them up faster than a reduction; measured. */
const manyRows = 64;

/** The shape after reducing `axes` to length 1. */
export const reducedShape = (shape: Shape, axes: readonly number[]): Shape =>
  shape.map((length, axis) => (axes.includes(axis) ? 1 : length));

/** Which axes a reduction runs over, and whether they stay as axes of length 1. */
export interface ReduceOptions {
  /** All axes unless said; negative axes count from the back. */
  readonly axis?: number | readonly number[];
  /** False unless said. */
  readonly keepAxes?: boolean;
}

/** Reduces with `reduction`, which keeps the axes, and drops them unless they are wanted. */
export function reduceWith(
  name: string,
  input: Tensor,
  { axis, keepAxes = false }: ReduceOptions,
  reduction: (input: Tensor, axes: readonly number[]) => Tensor,
): Tensor {
  const axes = normalizeAxes(name, axis, input.rank);
  const reduced = axes.length === 0 ? input : reduction(input, axes);
  return keepAxes
    ? reduced
    : reshape(
        reduced,
        input.shape.filter((_, each) => !axes.includes(each)),
      );
}

/** Sum over `axis` (all axes unless said). */
export const sum = (input: Tensor, options: ReduceOptions = {}): Tensor =>
  reduceWith('sum', input, options, (each, axes) => apply(sumPrimitive, [each], { axes }));

/** Sums over the axes that broadcasting from `shape` has repeated: the transpose of broadcasting. */
export function sumTo(input: Tensor, shape: Shape): Tensor {
  if (sameShape(input.shape, shape)) return input;
  const extra = input.rank - shape.length;
  const axes = input.shape.flatMap((length, axis) =>
    axis < extra || (shape[axis - extra] === 1 && length !== 1) ? [axis] : [],
  );
  return reshape(sum(input, { axis: axes, keepAxes: true }), shape);
}

/** @throws DTypeError unless the tensor holds floating-point numbers. */
export function requireFloat(name: string, input: Tensor): void {
  if (!isFloat(input.dtype)) throw new DTypeError(`${name}: expected float32 or float64, got ${input.dtype}`);
}
