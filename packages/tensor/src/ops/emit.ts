import type { DType } from '../graph/dtype.js';
import type { Emitter } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';

// ONNX forms that several operations are written with.

/** ONNX's numbers for element types. */
export const onnxTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
  uint32: 12,
};

export const emitCast = (emitter: Emitter, input: string, dtype: DType): string =>
  emitter.operator('Cast', [input], { to: { int: onnxTypes[dtype] } });

export const emitReshape = (emitter: Emitter, input: string, shape: Shape): string =>
  emitter.operator('Reshape', [input, emitter.constant(shape, 'int64')], { allowzero: { int: 1 } });

export const emitExpand = (emitter: Emitter, input: string, shape: Shape): string =>
  emitter.operator('Expand', [input, emitter.constant(shape, 'int64')]);

/** One number everywhere. */
export const emitFilled = (emitter: Emitter, number: number, shape: Shape, dtype: DType): string =>
  emitExpand(emitter, emitter.constant([number], dtype, []), shape);

export const emitTransposed = (emitter: Emitter, input: string, permutation: readonly number[]): string =>
  emitter.operator('Transpose', [input], { perm: { ints: permutation } });

/** 0, 1, … length - 1 as int32. */
export function emitCounter(emitter: Emitter, length: number): string {
  const bound = (value: number) => emitter.constant([value], 'int32', []);
  return emitter.operator('Range', [bound(0), bound(length), bound(1)]);
}
