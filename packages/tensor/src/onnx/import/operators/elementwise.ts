import { isFloat } from '../../../graph/dtype.js';
import type { Tensor } from '../../../graph/tensor.js';
import {
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  shiftLeft,
  shiftRight,
} from '../../../ops/bitwise.js';
import {
  abs,
  add,
  cast,
  ceil,
  clip,
  cos,
  div,
  equal,
  erf,
  exp,
  floor,
  greater,
  greaterEqual,
  isInfinite,
  isNaN as isNotANumber,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  reciprocal,
  round,
  sign,
  sin,
  sqrt,
  sub,
  tanh,
  where,
} from '../../../ops/elementwise.js';
import { remainder, trunc } from '../../../ops/rounding.js';
import { acos, acosh, asin, asinh, atan, atanh, cosh, sinh, tan } from '../../../ops/trigonometry.js';
import type { Call, Operator, Operators } from '../call.js';
import { castTarget } from '../castTarget.js';
import { type ElementType, elementTypes, rangeOf } from '../elements.js';
import { tensorValue, type Value } from '../value.js';

const unary =
  (operation: (x: Tensor) => Tensor): Operator =>
  (call) =>
    operation(call.tensor(0));

const binary =
  (operation: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) =>
    operation(call.tensor(0), call.tensor(1));

const variadic =
  (operation: (a: Tensor, b: Tensor) => Tensor): Operator =>
  (call) => {
    const [first, ...rest] = call.tensors();
    if (!first) throw call.error('it has no inputs');
    return rest.reduce(operation, first);
  };

/** Bases and exponents may be of different types; the result is of the base's. */
function power(call: Call): Tensor {
  const base = call.tensor(0);
  const { numbers, rank } = call.value(1);
  const single = rank === 0 || numbers?.length === 1 ? numbers?.[0] : undefined;
  if (isFloat(base.dtype)) {
    return pow(base, single !== undefined && rank <= base.rank ? single : cast(call.tensor(1), base.dtype));
  }
  if (single === undefined || !(Number.isInteger(single) && single >= 1 && single <= 64)) {
    throw call.error('integers are only raised to known exponents from 1 to 64');
  }
  return Array.from({ length: single }, () => base).reduce((a, b) => mul(a, b));
}

function modulo(call: Call): Tensor {
  const [a, b] = [call.tensor(0), call.tensor(1)];
  if (!call.int('fmod', 0)) return remainder(a, b);
  const quotient = div(a, b);
  return sub(a, mul(isFloat(a.dtype) ? trunc(quotient) : quotient, b));
}

function clipped(call: Call): Tensor {
  const x = call.tensor(0);
  const [low, high] = [call.optional(1), call.optional(2)];
  if (low && high) return clip(x, low, high);
  if (low) return maximum(x, low);
  return high ? minimum(x, high) : x;
}

function infinite(call: Call): Tensor {
  const x = call.tensor(0);
  const found = isInfinite(x);
  const [negative, positive] = [call.int('detect_negative', 1), call.int('detect_positive', 1)];
  const withNegative = negative ? found : logicalAnd(found, greater(x, 0));
  return positive ? withNegative : logicalAnd(withNegative, less(x, 0));
}

/** Bits of narrow types without a sign are inverted within their width. */
function inverted(call: Call): Value {
  const { tensor, stored } = call.value(0);
  const [low, high] = rangeOf(stored) ?? [];
  return tensorValue(low === 0 ? sub(high!, tensor) : bitwiseNot(tensor), stored);
}

/** Elements as another type; narrow integers wrap around, as they do in memory. */
function castTo(input: Value, type: ElementType): Value {
  const { dtype } = elementTypes[type];
  if (input.dtype === 'bool' || isFloat(dtype) || dtype === 'bool') {
    const cut =
      dtype === 'bool' && input.dtype !== 'bool' ? cast(notZero(input.tensor), 'bool') : input.tensor;
    return tensorValue(cast(cut, dtype), type);
  }
  const range = rangeOf(type);
  const integers = cast(input.tensor, dtype);
  if (!range || input.stored === type) return tensorValue(integers, type);
  return tensorValue(add(remainder(sub(integers, range[0]), range[1] - range[0] + 1), range[0]), type);
}

/** What leaves a narrow type is lost. */
function shifted(call: Call): Value {
  const { tensor, stored, dtype } = call.value(0);
  const left = call.string('direction', '', ['LEFT', 'RIGHT']) === 'LEFT';
  const moved = (left ? shiftLeft : shiftRight)(tensor, call.tensor(1));
  return castTo(tensorValue(moved), stored ?? dtype);
}

const notZero = (x: Tensor): Tensor => logicalNot(equal(x, 0));

const rounded = (x: Tensor): Tensor => (isFloat(x.dtype) ? round(x) : x);

export const elementwise: Operators = {
  Abs: unary(abs),
  Acos: unary(acos),
  Acosh: unary(acosh),
  Add: binary(add),
  And: binary(logicalAnd),
  Asin: unary(asin),
  Asinh: unary(asinh),
  Atan: unary(atan),
  Atanh: unary(atanh),
  BitShift: shifted,
  BitwiseAnd: binary(bitwiseAnd),
  BitwiseNot: inverted,
  BitwiseOr: binary(bitwiseOr),
  BitwiseXor: binary(bitwiseXor),
  Cast: (call) => castTo(call.value(0), castTarget(call).type),
  CastLike(call) {
    const like = call.value(1);
    return castTo(call.value(0), like.stored ?? like.dtype);
  },
  Ceil: unary(ceil),
  Clip: clipped,
  Cos: unary(cos),
  Cosh: unary(cosh),
  Div: binary(div),
  Equal: binary(equal),
  Erf: unary(erf),
  Exp: unary(exp),
  Floor: unary(floor),
  Greater: binary(greater),
  GreaterOrEqual: binary(greaterEqual),
  IsInf: infinite,
  IsNaN: unary(isNotANumber),
  Less: binary(less),
  LessOrEqual: binary(lessEqual),
  Log: unary(log),
  Max: variadic(maximum),
  Mean: (call) => div(variadic(add)(call) as Tensor, call.inputs.length),
  Min: variadic(minimum),
  Mod: modulo,
  Mul: binary(mul),
  Neg: unary(neg),
  Not: unary(logicalNot),
  Or: binary(logicalOr),
  Pow: power,
  Reciprocal: unary(reciprocal),
  Round: unary(rounded),
  Sign: unary(sign),
  Sin: unary(sin),
  Sinh: unary(sinh),
  Sqrt: unary(sqrt),
  Sub: binary(sub),
  Sum: variadic(add),
  Tan: unary(tan),
  Tanh: unary(tanh),
  Where: (call) => where(call.tensor(0), call.tensor(1), call.tensor(2)),
  Xor: binary(logicalXor),
};
