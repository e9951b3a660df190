import type { DType } from '../graph/dtype.js';
import type { Emitter } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';

// ONNX forms that several operations are written with.

/** ONNX's numbers for element types: those of tensors, and the narrow ones that weights are stored in. */
export const onnxTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint4: 21,
  int4: 22,
} as const satisfies Readonly<Record<DType, number>> & Readonly<Record<string, number>>;

/** Element type of a constant in a file. */
export type StoredType = keyof typeof onnxTypes;

export const emitCast = (emitter: Emitter, input: string, dtype: StoredType): string =>
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

/** a · b over the last two axes of tensors with the given ranks, each taken transposed if asked. */
export function emitMatMul(
  emitter: Emitter,
  inputs: readonly string[],
  ranks: readonly number[],
  transposed: readonly [a: boolean, b: boolean],
): string {
  if (!transposed.includes(true)) return emitter.operator('MatMul', inputs);
  const attributes = { transA: { int: Number(transposed[0]) }, transB: { int: Number(transposed[1]) } };
  if (!emitter.target.standard) return emitter.operator('FusedMatMul', inputs, attributes, 'com.microsoft');
  if (ranks.every((rank) => rank === 2)) return emitter.operator('Gemm', inputs, attributes);
  const turned = inputs.map((input, i) => {
    if (!transposed[i]) return input;
    const axes = Array.from({ length: ranks[i]! }, (_, axis) => axis);
    return emitTransposed(emitter, input, [...axes.slice(0, -2), ranks[i]! - 1, ranks[i]! - 2]);
  });
  return emitter.operator('MatMul', turned);
}

/** Axes in ascending order as runs of neighbours, the last run first. Measured: a reduction for each is faster than one. */
export function inRuns(axes: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const axis of axes) {
    if (runs[0]?.at(-1) === axis - 1) runs[0].push(axis);
    else runs.unshift([axis]);
  }
  return runs;
}

/** A reduction that keeps its axes. ONNX Runtime reduces no uint32: `carrier` is the dtype that it is reduced in. */
export function emitReduced(
  emitter: Emitter,
  operator: 'ReduceSum' | 'ReduceMax',
  input: string,
  axes: readonly number[],
  dtype: DType,
  carrier: 'int32' | 'int64',
): string {
  const carried = dtype === 'uint32' ? emitCast(emitter, input, carrier) : input;
  const reduced = inRuns(axes).reduce(
    (values, run) =>
      emitter.operator(operator, [values, emitter.constant(run, 'int64')], { keepdims: { int: 1 } }),
    carried,
  );
  return dtype === 'uint32' ? emitCast(emitter, reduced, dtype) : reduced;
}
