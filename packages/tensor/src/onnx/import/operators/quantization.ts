import { isFloat } from '../../../graph/dtype.js';
import { DTypeError } from '../../../graph/errors.js';
import { formatShape, normalizeAxis, type Shape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { broadcastTo, reshape } from '../../../ops/broadcast.js';
import { conv } from '../../../ops/conv.js';
import {
  add,
  cast,
  clip,
  div,
  maximum,
  minimum,
  mul,
  round,
  stopGradient,
  sub,
} from '../../../ops/elementwise.js';
import { matMul } from '../../../ops/matMul.js';
import { slice, stack } from '../../../ops/movement.js';
import { max, min } from '../../../ops/reduce.js';
import { remainder } from '../../../ops/rounding.js';
import type { Call, Operators } from '../call.js';
import { type ElementType, elementTypeOf, rangeOf } from '../elements.js';
import { tensorValue, Value } from '../value.js';
import { alongChannels, convOptions } from './windows.js';

// Quantized numbers are kept as floats as well, their levels, through which derivatives flow as if nothing had been
// rounded: gradients reach what lies before, where it was not clipped.

/** The levels of quantized numbers as floats. */
const levelsOf = (value: Value, dtype: Tensor['dtype']): Tensor => cast(value.levels ?? value.tensor, dtype);

function quantized(levels: Tensor, stored: ElementType): Value {
  const [low, high] = rangeOf(stored)!;
  const rounded = add(levels, stopGradient(sub(round(levels), levels)));
  const clipped = clip(rounded, low, high);
  return new Value(
    { dtype: 'int32', shape: levels.shape },
    { tensor: cast(clipped, 'int32'), levels: clipped, stored },
  );
}

/**
 * A scale or zero point so that it broadcasts against `shape`: one for all, one for each place of an axis, or one for
 * each block of neighbours along the axis.
 */
function spread(call: Call, factor: Tensor, shape: Shape): Tensor {
  if (factor.size === 1) return reshape(factor, []);
  const axis = normalizeAxis(call.node.type, call.int('axis', 1), shape.length);
  if (factor.rank === 1) {
    return reshape(
      factor,
      shape.map((_, each) => (each === axis ? factor.size : 1)),
    );
  }
  const block = call.int('block_size', 0);
  const fits = factor.rank === shape.length && block >= 1 && factor.shape[axis]! * block >= shape[axis]!;
  if (!fits) {
    throw call.error(
      `scales ${formatShape(factor.shape)} in blocks of ${block} do not fit ${formatShape(shape)}`,
    );
  }
  const apart = reshape(factor, [...factor.shape.slice(0, axis + 1), 1, ...factor.shape.slice(axis + 1)]);
  const repeated = broadcastTo(
    apart,
    apart.shape.map((n, each) => (each === axis + 1 ? block : n)),
  );
  const whole = reshape(
    repeated,
    factor.shape.map((n, each) => (each === axis ? n * block : n)),
  );
  return slice(whole, [], shape);
}

function dequantize(call: Call): Tensor {
  const [x, scale, zero] = [call.value(0), call.tensor(1), call.inputs[2]];
  const levels = levelsOf(x, scale.dtype);
  const centred = zero ? sub(levels, spread(call, levelsOf(zero, scale.dtype), x.shape)) : levels;
  return mul(centred, spread(call, scale, x.shape));
}

function quantize(call: Call): Value {
  const [x, scale, zero] = [call.tensor(0), call.tensor(1), call.inputs[2]];
  const stored = zero?.stored ?? elementTypeOf(call.int('output_dtype', 2));
  if (!stored || !rangeOf(stored)) throw call.error(`numbers cannot be quantized to ${stored}`);
  if (!isFloat(x.dtype)) throw new DTypeError(`expected floats, got ${x.dtype}`);
  const scaled = div(x, spread(call, cast(scale, x.dtype), x.shape));
  return quantized(zero ? withZero(call, scaled, zero) : scaled, stored);
}

/** Rounds before the zero point is added, so that halves go to even levels around zero. */
function withZero(call: Call, scaled: Tensor, zero: Value): Tensor {
  const rounded = add(scaled, stopGradient(sub(round(scaled), scaled)));
  return add(rounded, spread(call, levelsOf(zero, scaled.dtype), scaled.shape));
}

/** To 8 bits without a sign, by the range of what comes. */
function quantizeDynamically(call: Call): Value[] {
  const x = call.tensor(0);
  const [low, high] = [minimum(min(x), 0), maximum(max(x), 0)].map(stopGradient) as [Tensor, Tensor];
  const range = div(sub(high, low), 255);
  const zero = quantized(clip(round(div(sub(0, low), range)), 0, 255), 'uint8');
  const levels = div(x, range);
  const rounded = add(levels, stopGradient(sub(round(levels), levels)));
  return [quantized(add(rounded, zero.levels!), 'uint8'), tensorValue(range), zero];
}

/** Levels less the zero point, if there is one. @param shape of the zero point, so that it broadcasts */
function centredLevels(call: Call, at: number, zeroAt: number, shape: (zero: Tensor) => Tensor): Tensor {
  const levels = levelsOf(call.value(at), 'float32');
  const zero = call.inputs[zeroAt];
  return zero ? sub(levels, shape(levelsOf(zero, 'float32'))) : levels;
}

const single = (zero: Tensor): Tensor => (zero.size === 1 ? reshape(zero, []) : zero);

/** Sums of products of levels, which are exact below 2²⁴. */
function integerProduct(levels: Tensor): Value {
  return new Value({ dtype: 'int32', shape: levels.shape }, { tensor: cast(levels, 'int32'), levels });
}

function matMulInteger(call: Call): Value {
  const rows = (zero: Tensor) =>
    zero.size === 1 ? single(zero) : zero.rank === 1 ? reshape(zero, [zero.size, 1]) : zero;
  return integerProduct(matMul(centredLevels(call, 0, 2, rows), centredLevels(call, 1, 3, single)));
}

const perKernel = (rank: number) => (factor: Tensor) =>
  factor.size === 1
    ? single(factor)
    : reshape(factor, [factor.size, ...Array.from({ length: rank - 1 }, () => 1)]);

function convInteger(call: Call): Value {
  const [x, w] = [
    centredLevels(call, 0, 2, single),
    centredLevels(call, 1, 3, perKernel(call.value(1).rank)),
  ];
  return integerProduct(conv(x, w, convOptions(call, x, w)));
}

/** Numbers from levels, a scale and a zero point that stand in a row among the inputs. */
export function dequantizeAt(call: Call, at: number, shape: (factor: Tensor) => Tensor = single): Tensor {
  return mul(centredLevels(call, at, at + 2, shape), shape(call.tensor(at + 1)));
}

/** @param at the index of the result's scale, before its zero point, which may be left out */
export function requantize(call: Call, x: Tensor, at: number): Value {
  const zero = call.inputs[at + 1];
  const scaled = div(x, single(call.tensor(at)));
  return quantized(zero ? withZero(call, scaled, zero) : scaled, zero?.stored ?? 'uint8');
}

function qLinearMatMul(call: Call): Value {
  return requantize(call, matMul(dequantizeAt(call, 0), dequantizeAt(call, 3)), 6);
}

function qLinearConv(call: Call): Value {
  const kernels = perKernel(call.value(3).rank);
  const [x, w] = [dequantizeAt(call, 0), dequantizeAt(call, 3, kernels)];
  const result = conv(x, w, convOptions(call, x, w));
  if (!call.inputs[8]) return requantize(call, result, 6);
  // The bias is stored in steps of both scales.
  const step = mul(single(call.tensor(1)), single(call.tensor(4)));
  const bias = mul(levelsOf(call.value(8), 'float32'), step);
  return requantize(call, add(result, alongChannels(bias, x.rank)), 6);
}

/** Numbers of a few bits that lie side by side in bytes, the first in the lowest bits: […, n] → […, n · 8 / bits]. */
function unpacked(bytes: Tensor, bits: number): Tensor {
  const parts = Array.from({ length: 8 / bits }, (_, i) => remainder(div(bytes, 2 ** (bits * i)), 2 ** bits));
  return reshape(stack(parts, bytes.rank), [...bytes.shape.slice(0, -1), bytes.length(-1) * parts.length]);
}

/** A product with a matrix in blocks of a few bits. */
function matMulBits(call: Call): Tensor {
  const [inner, columns, bits, block] = ['K', 'N', 'bits', 'block_size'].map((name) =>
    call.int(name, name === 'bits' ? 4 : undefined),
  ) as [number, number, number, number];
  if (![2, 4, 8].includes(bits) || !(block >= 1))
    throw call.error(`${bits} bits in blocks of ${block} are not supported`);
  if (call.optional(4)) throw call.error('a reordered matrix (g_idx) is not supported');
  const x = call.tensor(0);
  const blocks = Math.ceil(inner / block);
  const levels = reshape(unpacked(call.tensor(1), bits), [columns, blocks, block]);
  const scales = reshape(call.tensor(2), [columns, blocks, 1]);
  const zero = call.inputs[3];
  const zeros =
    zero && (isFloat(zero.dtype) ? zero.tensor : unpackedZeros(zero.tensor, columns, blocks, bits));
  const centre = zeros ? cast(reshape(zeros, [columns, blocks, 1]), x.dtype) : 2 ** (bits - 1);
  const weights = reshape(mul(sub(cast(levels, x.dtype), centre), scales), [columns, blocks * block]);
  const product = matMul(x, slice(weights, [], [columns, inner]), { transposeB: true });
  const bias = call.optional(5);
  return bias ? add(product, bias) : product;
}

/** One zero point a block; rows begin at whole bytes. */
function unpackedZeros(bytes: Tensor, columns: number, blocks: number, bits: number): Tensor {
  const rows = unpacked(reshape(bytes, [columns, bytes.size / columns]), bits);
  return slice(rows, [], [columns, blocks]);
}

export const quantizations: Operators = {
  ConvInteger: convInteger,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: quantizeDynamically,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantize,
};

export const microsoftQuantizations: Operators = {
  DequantizeLinear: dequantize,
  MatMulNBits: matMulBits,
  QuantizeLinear: quantize,
};
