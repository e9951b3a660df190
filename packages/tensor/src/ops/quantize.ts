import { DTypeError, ShapeError } from '../graph/errors.js';
import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, type Shape, sameShape } from '../graph/shape.js';
import { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape } from './broadcast.js';
import { literal, literalValue } from './create.js';
import {
  abs,
  add,
  cast,
  div,
  equal,
  greaterEqual,
  lessEqual,
  logicalAnd,
  maximum,
  minimum,
  mul,
  neg,
  round,
  sub,
  where,
} from './elementwise.js';
import { emitCast, emitReshape, type StoredType } from './emit.js';

/** How numbers stand as whole levels: number ≈ (level - zeroPoint) · scale. */
export interface Quantization {
  /** A positive scalar, or [length of `axis`]. */
  readonly scale: Tensor | number;
  /** The level of 0: an integer or an int32 tensor of the scale's shape; 0 unless said. */
  readonly zeroPoint?: Tensor | number;
  /** Levels are integers of so many bits, from 2 to 16; 8 unless said. */
  readonly bits?: number;
  /** Whether they go from -2^(bits - 1) instead of from 0; true unless said. */
  readonly signed?: boolean;
  /** The axis along which scales and zero points differ; one pair for all unless said. */
  readonly axis?: number;
}

interface Attributes {
  readonly bits: number;
  readonly signed: boolean;
  /** Undefined with one scale for all. */
  readonly axis?: number;
}

const rangeOf = ({ bits, signed }: Attributes): readonly [low: number, high: number] =>
  signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

const isNumber = (operand: Tensor): boolean => literalValue(operand) !== undefined;

/** The shape in which scales broadcast against x. */
const alongAxis = (shape: Shape, axis: number | undefined): Shape =>
  axis === undefined ? [] : shape.slice(axis).map((length, each) => (each === 0 ? length : 1));

const fakeQuantizePrimitive: Primitive<Attributes> = {
  name: 'fakeQuantize',
  infer([x, scale, zeroPoint], { axis }) {
    const expected = axis === undefined ? [] : [x!.shape[axis]!];
    for (const [what, given] of Object.entries({ scale: scale!, zeroPoint: zeroPoint! })) {
      if (sameShape(given.shape, expected) || isNumber(given)) continue;
      throw new ShapeError(
        `fakeQuantize: ${what}: got ${formatShape(given.shape)}, expected ${formatShape(expected)} for ${formatShape(x!.shape)}`,
      );
    }
    return { shape: x!.shape, dtype: x!.dtype };
  },
  vjp(cotangent, { inputs: [x, scale, zeroPoint], attributes }) {
    const shape = alongAxis(x!.shape, attributes.axis);
    const broadcast = (each: Tensor) => (isNumber(each) ? each : reshape(each, shape));
    const [low, high] = rangeOf(attributes);
    const zero = cast(broadcast(zeroPoint!), x!.dtype);
    const level = add(round(div(x!, broadcast(scale!))), zero);
    const inside = logicalAnd(greaterEqual(level, low), lessEqual(level, high));
    return [mul(cotangent, cast(inside, x!.dtype)), undefined, undefined];
  },
  emit(emitter, names, application) {
    const type = storedType(application.attributes);
    return emitter.target.file && type && application.output.dtype === 'float32'
      ? emitOperators(emitter, names, application, type)
      : emitArithmetic(emitter, names, application);
  },
};

/** The type that ONNX's operators have for such levels, if any. */
function storedType({ bits, signed }: Attributes): StoredType | undefined {
  const types: Readonly<Record<number, readonly [signed: StoredType, unsigned: StoredType]>> = {
    4: ['int4', 'uint4'],
    8: ['int8', 'uint8'],
    16: ['int16', 'uint16'],
  };
  return types[bits]?.[signed ? 0 : 1];
}

function emitOperators(
  emitter: Emitter,
  names: readonly string[],
  { inputs, attributes: { axis } }: Application<Attributes>,
  type: StoredType,
): string {
  const along = axis === undefined ? {} : { axis: { int: axis } };
  // The operators do not broadcast scales and zero points.
  const [scale, zeroPoint] = [1, 2].map((position) => {
    const { dtype } = inputs[position]!;
    const number = literalValue(inputs[position]!);
    if (axis === undefined || number === undefined) return names[position]!;
    return emitter.constant(
      Array.from({ length: inputs[0]!.shape[axis]! }, () => number),
      dtype,
    );
  }) as [string, string];
  const zero = emitCast(emitter, zeroPoint, type);
  const level = emitter.operator('QuantizeLinear', [names[0]!, scale, zero], along);
  return emitter.operator('DequantizeLinear', [level, scale, zero], along);
}

function emitArithmetic(
  emitter: Emitter,
  [x, scale, zeroPoint]: readonly string[],
  { inputs: operands, attributes }: Application<Attributes>,
): string {
  const { shape, dtype } = operands[0]!;
  const broadcast = (name: string, operand: Tensor) =>
    operand.rank === 0 ? name : emitReshape(emitter, name, alongAxis(shape, attributes.axis));
  const step = broadcast(scale!, operands[1]!);
  const zero = broadcast(emitCast(emitter, zeroPoint!, dtype), operands[2]!);
  const level = emitter.operator('Add', [
    emitter.operator('Round', [emitter.operator('Div', [x!, step])]),
    zero,
  ]);
  const [low, high] = rangeOf(attributes).map((bound) => emitter.constant([bound], dtype, []));
  const kept = emitter.operator('Clip', [level, low!, high!]);
  return emitter.operator('Mul', [emitter.operator('Sub', [kept, zero]), step]);
}

/**
 * x as quantization would leave it: round(x / scale) + zeroPoint, halves to the even one, kept within the range of the
 * bits and turned back. The derivative by x is that of x itself where the level is within the range, and 0 where it had
 * to be cut off; by scale and zero point there is none. Files of `exportOnnx` quantize with 4, 8 and 16 bits by ONNX's
 * own operators, so that what was trained with it runs on integers.
 * @throws RangeError for bits that are not from 2 to 16, ShapeError for a scale of another shape
 */
export function fakeQuantize(
  x: Tensor,
  { scale, zeroPoint = 0, bits = 8, signed = true, axis }: Quantization,
): Tensor {
  requireFloat('fakeQuantize', x);
  requireBits('fakeQuantize', bits);
  const attributes = {
    bits,
    signed,
    ...(axis !== undefined && { axis: normalizeAxis('fakeQuantize', axis, x.rank) }),
  };
  if (typeof scale === 'number' && !(scale > 0 && Number.isFinite(scale))) {
    throw new RangeError(`fakeQuantize: scale: got ${scale}, expected a positive number`);
  }
  const [low, high] = rangeOf(attributes);
  if (
    typeof zeroPoint === 'number' &&
    !(Number.isInteger(zeroPoint) && zeroPoint >= low && zeroPoint <= high)
  ) {
    throw new RangeError(
      `fakeQuantize: zeroPoint: got ${zeroPoint}, expected an integer from ${low} to ${high}`,
    );
  }
  const step = scale instanceof Tensor ? scale : literal(scale, x.dtype);
  const zero = zeroPoint instanceof Tensor ? zeroPoint : literal(zeroPoint, 'int32');
  if (step.dtype !== x.dtype || zero.dtype !== 'int32') {
    throw new DTypeError(
      `fakeQuantize: expected a scale of ${x.dtype} and a zero point of int32, got ${step.dtype} and ${zero.dtype}`,
    );
  }
  return apply(fakeQuantizePrimitive, [x, step, zero], attributes);
}

function requireBits(name: string, bits: number): void {
  if (!(Number.isInteger(bits) && bits >= 2 && bits <= 16)) {
    throw new RangeError(`${name}: bits: got ${bits}, expected an integer from 2 to 16`);
  }
}

export interface QuantizationOptions {
  /** From 2 to 16; 8 unless said. */
  readonly bits?: number;
  /** Whether levels are signed; true unless said. */
  readonly signed?: boolean;
  /** Keeps 0 in the middle of the levels, as weights are usually quantized; false unless said. */
  readonly symmetric?: boolean;
}

/**
 * The quantization whose levels reach from `low` to `high` (and over 0, which has a level of its own): two scalars, or
 * two tensors with one element for each place along `axis`.
 */
export function quantizationOf(
  { low, high, axis }: { readonly low: Tensor; readonly high: Tensor; readonly axis?: number },
  { bits = 8, signed = true, symmetric = false }: QuantizationOptions = {},
): Quantization & { readonly scale: Tensor; readonly zeroPoint: Tensor } {
  requireBits('quantizationOf', bits);
  requireFloat('quantizationOf', low);
  const [lowest, highest] = rangeOf({ bits, signed });
  const middle = (lowest + highest + 1) / 2;
  const [bottom, top] = [minimum(low, 0), maximum(high, 0)];
  const width = symmetric
    ? div(maximum(abs(bottom), top), 2 ** (bits - 1) - 1)
    : div(sub(top, bottom), highest - lowest);
  const scale = where(equal(width, 0), 1, width);
  const zero = symmetric
    ? add(mul(scale, 0), middle)
    : minimum(maximum(add(round(neg(div(bottom, scale))), lowest), lowest), highest);
  return { scale, zeroPoint: cast(zero, 'int32'), bits, signed, ...(axis !== undefined && { axis }) };
}
