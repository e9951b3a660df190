import { isFloat } from '../graph/dtype.js';
import { DTypeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { normalizeAxes, normalizeAxis, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { bitwiseNot } from './bitwise.js';
import {
  broadcastTo,
  type ReduceOptions,
  reducedShape,
  reduceWith,
  requireFloat,
  reshape,
  sum,
} from './broadcast.js';
import { literal } from './create.js';
import {
  add,
  cast,
  div,
  equal,
  exp,
  greater,
  log,
  logicalNot,
  mul,
  neg,
  stopGradient,
  sub,
} from './elementwise.js';
import { emitCast, emitReduced } from './emit.js';
import { concat, slice, transpose } from './movement.js';

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
  emit: (emitter, [input], { attributes: { axes }, output: { dtype } }) =>
    emitReduced(emitter, 'ReduceMax', input!, axes, dtype, 'int64'),
};

/** Largest element over `axis`; ties share the gradient evenly. */
export const max = (input: Tensor, options: ReduceOptions = {}): Tensor =>
  reduceWith('max', input, options, (each, axes) => apply(maxPrimitive, [each], { axes }));

/** Smallest element over `axis`; ties share the gradient evenly. */
export function min(input: Tensor, options: ReduceOptions = {}): Tensor {
  if (input.dtype === 'bool') throw new DTypeError('min: got bool; convert it with cast() first');
  // The negative of the smallest integer does not fit, its complement does.
  return isFloat(input.dtype) ? neg(max(neg(input), options)) : bitwiseNot(max(bitwiseNot(input), options));
}

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

/**
 * Product over `axis`, 1 of none. Multiplies halves of the axis, so that derivatives need no division and are right
 * where elements are zero.
 */
export function prod(input: Tensor, { axis, keepAxes = false }: ReduceOptions = {}): Tensor {
  requireFloat('prod', input);
  const axes = normalizeAxes('prod', axis, input.rank);
  const kept = input.shape.map((_, each) => each).filter((each) => !axes.includes(each));
  const lengths = kept.map((each) => input.shape[each]!);
  const count = sizeOf(axes.map((each) => input.shape[each]!));
  let factors = reshape(transpose(input, [...axes, ...kept]), [count, ...lengths]);
  if (count === 0) factors = broadcastTo(literal(1, input.dtype), [1, ...lengths]);
  while (factors.length(0) > 1) {
    const half = Math.floor(factors.length(0) / 2);
    const products = mul(slice(factors, [0], [half]), slice(factors, [half], [2 * half]));
    factors = concat([products, slice(factors, [2 * half])]);
  }
  return reshape(factors, keepAxes ? reducedShape(input.shape, axes) : lengths);
}

/** Whether any element over `axis` is true; of none, false. */
export function any(input: Tensor, options: ReduceOptions = {}): Tensor {
  if (input.dtype !== 'bool') throw new DTypeError(`any: expected bool, got ${input.dtype}`);
  return greater(sum(cast(input, 'int32'), options), 0);
}

/** Whether all elements over `axis` are true; of none, true. */
export function all(input: Tensor, options: ReduceOptions = {}): Tensor {
  if (input.dtype !== 'bool') throw new DTypeError(`all: expected bool, got ${input.dtype}`);
  return logicalNot(any(logicalNot(input), options));
}

function extremeIndex(name: string, operator: string): (input: Tensor, axis?: number) => Tensor {
  const primitive: Primitive<{ axis: number }> = {
    name,
    infer: ([input], { axis }) => ({
      shape: input!.shape.filter((_, each) => each !== axis),
      dtype: 'int32',
    }),
    emit: (emitter, [input], { attributes: { axis } }) =>
      emitCast(
        emitter,
        emitter.operator(operator, [input!], { axis: { int: axis }, keepdims: { int: 0 } }),
        'int32',
      ),
  };
  return (input, axis = -1) => apply(primitive, [input], { axis: normalizeAxis(name, axis, input.rank) });
}

/** Index (int32) of the largest element along `axis`, the first one of equals. Has no derivative. */
export const argMax = extremeIndex('argMax', 'ArgMax');
/** Index (int32) of the smallest element along `axis`, the first one of equals. Has no derivative. */
export const argMin = extremeIndex('argMin', 'ArgMin');
