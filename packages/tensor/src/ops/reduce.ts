import { DTypeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { normalizeAxis } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { type ReduceOptions, reducedShape, reduceWith, requireFloat, reshape, sum } from './broadcast.js';
import { add, cast, div, equal, exp, log, mul, neg, onnxTypes, stopGradient, sub } from './elementwise.js';

const maxPrimitive: Primitive<{ axes: readonly number[] }> = {
  name: 'max',
  infer([input], { axes }) {
    if (input!.dtype === 'bool') throw new DTypeError('max: got bool; convert it with cast() first');
    return { shape: reducedShape(input!.shape, axes), dtype: input!.dtype };
  },
  // Ties share the gradient evenly, as PyTorch's amax does.
  vjp(cotangent, { inputs: [input], attributes: { axes }, output }) {
    const winners = cast(equal(input!, output), input!.dtype);
    return [mul(div(cotangent, sum(winners, { axis: axes, keepAxes: true })), winners)];
  },
  emit: (emitter, [input], { attributes: { axes } }) =>
    emitter.operator('ReduceMax', [input!, emitter.constant(axes, 'int64')], { keepdims: { int: 1 } }),
};

/** Largest element over `axis`; ties share the gradient evenly. */
export const max = (input: Tensor, options: ReduceOptions = {}): Tensor =>
  reduceWith('max', input, options, (each, axes) => apply(maxPrimitive, [each], { axes }));

/** Smallest element over `axis`; ties share the gradient evenly. */
export const min = (input: Tensor, options: ReduceOptions = {}): Tensor => neg(max(neg(input), options));

/** Arithmetic mean over `axis`. */
export function mean(input: Tensor, options: ReduceOptions = {}): Tensor {
  requireFloat('mean', input);
  const total = sum(input, options);
  return div(total, input.size / total.size);
}

/** Mean squared deviation from the mean over `axis` (divided by n, not n - 1). */
export function variance(input: Tensor, options: ReduceOptions = {}): Tensor {
  const centred = sub(input, mean(input, { ...options, keepAxes: true }));
  return mean(mul(centred, centred), options);
}

/** log Σ exp(x) over `axis`, without overflow. */
export function logSumExp(input: Tensor, options: ReduceOptions = {}): Tensor {
  const peak = stopGradient(max(input, { ...options, keepAxes: true }));
  const total = log(sum(exp(sub(input, peak)), options));
  return add(total, reshape(peak, total.shape));
}

const argMaxPrimitive: Primitive<{ axis: number }> = {
  name: 'argMax',
  infer: ([input], { axis }) => ({ shape: input!.shape.filter((_, each) => each !== axis), dtype: 'int32' }),
  emit: (emitter, [input], { attributes: { axis } }) =>
    emitter.operator(
      'Cast',
      [emitter.operator('ArgMax', [input!], { axis: { int: axis }, keepdims: { int: 0 } })],
      { to: { int: onnxTypes.int32 } },
    ),
};

/** Index (int32) of the largest element along `axis`, the first one of equals. Has no derivative. */
export const argMax = (input: Tensor, axis = -1): Tensor =>
  apply(argMaxPrimitive, [input], { axis: normalizeAxis('argMax', axis, input.rank) });
