import { type DType, isFloat } from '../graph/dtype.js';
import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { broadcastShapes } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, requireFloat, sumTo } from './broadcast.js';
import { literal, literalValue, type Operand, operands } from './create.js';
import { emitCast } from './emit.js';
import { emitErf } from './erf.js';
import { formula } from './formula.js';
import { binary, requireDtypes, unary } from './pointwise.js';

/** -x; of uint32, 2³² - x. */
export const neg = unary({
  name: 'neg',
  dtypes: 'number',
  emit: (emitter, input, dtype) =>
    dtype === 'uint32' ? formula(emitter, dtype).sub(0, input) : emitter.operator('Neg', [input]),
  vjp: (ct) => neg(ct),
});
/** |x|. Its derivative at 0 is 0. */
export const abs = unary({ name: 'abs', dtypes: 'number', emit: 'Abs', vjp: (ct, x) => mul(ct, sign(x)) });
/** -1, 0 or 1. Its derivative is zero everywhere. */
export const sign = unary({ name: 'sign', dtypes: 'number', emit: 'Sign' });
/** eˣ. */
export const exp = unary({ name: 'exp', dtypes: 'float', emit: 'Exp', vjp: (ct, _, y) => mul(ct, y) });
/** Natural logarithm. */
export const log = unary({ name: 'log', dtypes: 'float', emit: 'Log', vjp: (ct, x) => div(ct, x) });
/** The square root; of negative numbers NaN. */
export const sqrt = unary({
  name: 'sqrt',
  dtypes: 'float',
  emit: 'Sqrt',
  vjp: (ct, _, y) => div(mul(ct, 0.5), y),
});
/** The sine of an angle in radians. */
export const sin = unary({ name: 'sin', dtypes: 'float', emit: 'Sin', vjp: (ct, x) => mul(ct, cos(x)) });
/** The cosine of an angle in radians. */
export const cos = unary({ name: 'cos', dtypes: 'float', emit: 'Cos', vjp: (ct, x) => neg(mul(ct, sin(x))) });
/** The hyperbolic tangent, between -1 and 1. */
export const tanh = unary({
  name: 'tanh',
  dtypes: 'float',
  emit: 'Tanh',
  vjp: (ct, _, y) => mul(ct, sub(1, mul(y, y))),
});
/** 1 / (1 + exp(-x)). In float32 results below about 1e-7 are not to be relied on. */
export const sigmoid = unary({
  name: 'sigmoid',
  dtypes: 'float',
  // ONNX Runtime's float64 form is slower than this one, and 0 below -37.
  emit(emitter, input, dtype) {
    const { add, div, exp, neg } = formula(emitter, dtype);
    return dtype === 'float64' ? div(1, add(1, exp(neg(input)))) : emitter.operator('Sigmoid', [input]);
  },
  vjp: (ct, _, y) => mul(ct, mul(y, sub(1, y))),
});
/** max(x, 0). Its derivative at 0 is 0. */
export const relu = unary({
  name: 'relu',
  dtypes: 'float',
  emit: 'Relu',
  vjp: (ct, x) => mul(ct, cast(greater(x, 0), x.dtype)),
});
/** Error function, 2/√π ∫₀ˣ exp(-t²) dt. */
export const erf = unary({
  name: 'erf',
  dtypes: 'float',
  emit: (emitter, input, dtype) =>
    dtype === 'float64' ? emitErf(emitter, input) : emitter.operator('Erf', [input]),
  vjp: (ct, x) => mul(mul(ct, 2 / Math.sqrt(Math.PI)), exp(neg(mul(x, x)))),
});
/** Largest integer not above. Its derivative is zero everywhere, like those of `ceil` and `round`. */
export const floor = unary({ name: 'floor', dtypes: 'float', emit: 'Floor' });
/** Smallest integer not below. */
export const ceil = unary({ name: 'ceil', dtypes: 'float', emit: 'Ceil' });
/** Nearest integer, halves to the even one. */
export const round = unary({ name: 'round', dtypes: 'float', emit: 'Round' });
/** Whether x, a bool, is false. */
export const logicalNot = unary({ name: 'logicalNot', dtypes: 'bool', emit: 'Not' });
/** The tensor itself, as a constant to derivatives. */
export const stopGradient = unary({ name: 'stopGradient', dtypes: 'any', emit: (_, input) => input });
/** The tensor itself, as another node of the graph. */
export const identity = unary({
  name: 'identity',
  dtypes: 'any',
  emit: (_, input) => input,
  vjp: (ct) => ct,
});

/** a + b, element by element; shapes broadcast, here and in all operations on two operands. */
export const add = binary({ name: 'add', dtypes: 'number', emit: 'Add', vjp: (ct) => [ct, ct] });
/** a - b. */
export const sub = binary({ name: 'sub', dtypes: 'number', emit: 'Sub', vjp: (ct) => [ct, neg(ct)] });
/** a · b, element by element; for the matrix product see `matMul`. */
export const mul = binary({
  name: 'mul',
  dtypes: 'number',
  emit: 'Mul',
  vjp: (ct, a, b) => [mul(ct, b), mul(ct, a)],
});
/** Quotient; of integers, rounded towards zero. An integer divided by 0 is an error when it runs. */
export const div = binary({
  name: 'div',
  dtypes: 'number',
  emit: emitDiv,
  vjp: (ct, _, b, y) => [div(ct, b), neg(div(mul(ct, y), b))],
});
/** Whether a quotient may not fit its type: the smallest integer divided by -1 ends the process. */
export function mayOverflow(divisor: Tensor): boolean {
  const known = literalValue(divisor);
  return (divisor.dtype === 'int32' || divisor.dtype === 'int64') && (known === undefined || known === -1);
}

/** A quotient in which division by -1 is negation, which wraps. */
export function emitDiv(
  emitter: Emitter,
  [a, b]: readonly [string, string],
  { inputs }: Application,
): string {
  const { div, equal, neg, where } = formula(emitter, inputs[1]!.dtype);
  if (!mayOverflow(inputs[1]!)) return div(a, b);
  const negative = equal(b, -1);
  return where(negative, neg(a), div(a, where(negative, 1, b)));
}

const power = binary({
  name: 'pow',
  dtypes: 'float',
  // ONNX Runtime's general power takes ten times as long. This one differs at -∞, where it is NaN.
  emit(emitter, [a, b], { inputs }) {
    const { mul, sqrt } = formula(emitter, inputs[0]!.dtype);
    return literalValue(inputs[1]!) === 1.5 ? mul(a, sqrt(a)) : emitter.operator('Pow', [a, b]);
  },
  vjp: (ct, a, b, y) => [mul(ct, powerSlope(a, b)), mul(ct, exponentSlope(a, b, y))],
});
/** b · a^(b - 1), and 0 for b = 0 whatever a is. */
function powerSlope(a: Tensor, b: Tensor): Tensor {
  const known = literalValue(b);
  if (known !== undefined) return mul(b, pow(a, known - 1));
  return where(equal(b, 0), 0, mul(b, pow(a, sub(b, 1))));
}

/** a^b · log a; 0^b does not change with b ≥ 0, where 0 · log 0 would be NaN. */
function exponentSlope(a: Tensor, b: Tensor, power: Tensor): Tensor {
  const flat = logicalAnd(equal(a, 0), greaterEqual(b, 0));
  return where(flat, 0, mul(power, log(where(flat, 1, a))));
}

/** Larger of two; where they are equal each gets half the gradient. */
export const maximum = binary({
  name: 'maximum',
  dtypes: 'number',
  emit: 'Max',
  vjp: (ct, a, b) => [mul(ct, share(a, b)), mul(ct, share(b, a))],
});
/** Smaller of two; where they are equal each gets half the gradient. */
export const minimum = binary({
  name: 'minimum',
  dtypes: 'number',
  emit: 'Min',
  vjp: (ct, a, b) => [mul(ct, share(b, a)), mul(ct, share(a, b))],
});

/** 1 where `a` is larger, ½ where they are equal, else 0. */
const share = (a: Tensor, b: Tensor): Tensor =>
  mul(add(cast(greater(a, b), a.dtype), cast(greaterEqual(a, b), a.dtype)), 0.5);

/** Whether a = b, as bool. */
export const equal = binary({ name: 'equal', dtypes: 'any', emit: 'Equal', result: 'bool' });
/** Whether a ≠ b, as bool. */
export const notEqual = (a: Operand, b: Operand): Tensor => logicalNot(equal(a, b));
/** Whether a < b, as bool. */
export const less = binary({ name: 'less', dtypes: 'number', emit: 'Less', result: 'bool' });
/** Whether a ≤ b, as bool. */
export const lessEqual = binary({
  name: 'lessEqual',
  dtypes: 'number',
  emit: 'LessOrEqual',
  result: 'bool',
});
/** Whether a > b, as bool. */
export const greater = binary({ name: 'greater', dtypes: 'number', emit: 'Greater', result: 'bool' });
/** Whether a ≥ b, as bool. */
export const greaterEqual = binary({
  name: 'greaterEqual',
  dtypes: 'number',
  emit: 'GreaterOrEqual',
  result: 'bool',
});
/** Whether both are true. */
export const logicalAnd = binary({ name: 'logicalAnd', dtypes: 'bool', emit: 'And' });
/** Whether one or both are true. */
export const logicalOr = binary({ name: 'logicalOr', dtypes: 'bool', emit: 'Or' });
/** Whether exactly one is true. */
export const logicalXor = binary({ name: 'logicalXor', dtypes: 'bool', emit: 'Xor' });

/** Whether x is not a number, as bool. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: of a tensor, as the global one is of a number
export const isNaN = unary({ name: 'isNaN', dtypes: 'float', emit: 'IsNaN', result: 'bool' });
/** Whether an element is ∞ or -∞. */
export const isInfinite = unary({ name: 'isInfinite', dtypes: 'float', emit: 'IsInf', result: 'bool' });
/** Whether an element is neither infinite nor NaN. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: of a tensor, as the global one is of a number
export const isFinite = (input: Tensor): Tensor => logicalNot(logicalOr(isNaN(input), isInfinite(input)));

/** x². */
export const square = (input: Tensor): Tensor => mul(input, input);
/** 1 / x. */
export function reciprocal(input: Tensor): Tensor {
  requireFloat('reciprocal', input);
  return div(1, input);
}

/** `base` to the power `exponent`. Small whole exponents and ½ become products and roots. */
export function pow(base: Operand, exponent: Operand): Tensor {
  const known = typeof exponent === 'number' ? exponent : literalValue(exponent);
  const [x] = operands('pow', base, exponent) as [Tensor, Tensor];
  requireFloat('pow', x);
  if (known === 0) return broadcastTo(literal(1, x.dtype), x.shape);
  if (known === 1) return x;
  if (known === 2) return mul(x, x);
  if (known === 3) return mul(mul(x, x), x);
  if (known === 0.5) return sqrt(x);
  if (known === -0.5) return div(1, sqrt(x));
  if (known === -1) return div(1, x);
  return power(base, exponent);
}

const castPrimitive: Primitive<{ dtype: DType }> = {
  name: 'cast',
  infer: ([input], { dtype }) => ({ shape: input!.shape, dtype }),
  vjp: (cotangent, { inputs: [input], attributes: { dtype } }) =>
    isFloat(dtype) && isFloat(input!.dtype) ? [cast(cotangent, input!.dtype)] : [undefined],
  emit: (emitter, [input], { attributes: { dtype } }) => emitCast(emitter, input!, dtype),
};

/** The same numbers in another dtype; floats are cut towards zero when they become integers. */
export const cast = (input: Tensor, dtype: DType): Tensor =>
  input.dtype === dtype ? input : apply(castPrimitive, [input], { dtype });

const wherePrimitive: Primitive = {
  name: 'where',
  infer([condition, a, b]) {
    requireDtypes('where', condition!, 'bool');
    return { shape: broadcastShapes('where', condition!.shape, a!.shape, b!.shape), dtype: a!.dtype };
  },
  vjp(cotangent, { inputs: [condition, a, b] }) {
    const zero = literal(0, cotangent.dtype);
    return [
      undefined,
      sumTo(where(condition!, cotangent, zero), a!.shape),
      sumTo(where(condition!, zero, cotangent), b!.shape),
    ];
  },
  emit(emitter, [condition, a, b], { output: { dtype } }) {
    // ONNX Runtime selects no bool and no uint32; their bits survive as int32.
    const carrier = dtype === 'bool' || dtype === 'uint32' ? 'int32' : dtype;
    const carried = (value: string) => (carrier === dtype ? value : emitCast(emitter, value, carrier));
    const selected = emitter.operator('Where', [condition!, carried(a!), carried(b!)]);
    return carrier === dtype ? selected : emitCast(emitter, selected, dtype);
  },
};

/**
 * `a` where the condition holds, else `b`. Both are computed everywhere: keep the branch that is not taken finite,
 * or its derivative is NaN.
 */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(wherePrimitive, [condition, ...operands('where', a, b)], {});

const clipPrimitive: Primitive = {
  name: 'clip',
  infer([input, low, high]) {
    requireDtypes('clip', input!, 'number');
    return { shape: broadcastShapes('clip', input!.shape, low!.shape, high!.shape), dtype: input!.dtype };
  },
  vjp(cotangent, { inputs: [input, low, high] }) {
    const raised = maximum(input!, low!);
    const forRaised = mul(cotangent, shareBeside(high!, high!, raised));
    return [
      sumTo(mul(forRaised, shareBeside(low!, input!, low!)), input!.shape),
      sumTo(mul(forRaised, share(low!, input!)), low!.shape),
      sumTo(mul(cotangent, share(raised, high!)), high!.shape),
    ];
  },
  emit: (emitter, [input, low, high], { inputs: [, ...bounds] }) =>
    bounds.every(({ rank }) => rank === 0)
      ? emitter.operator('Clip', [input!, low!, high!])
      : emitter.operator('Min', [emitter.operator('Max', [input!, low!]), high!]),
};

/** As `share`, but beside a bound that is a number equals get nothing, as in PyTorch. */
const shareBeside = (bound: Tensor, a: Tensor, b: Tensor): Tensor =>
  literalValue(bound) === undefined ? share(a, b) : cast(greater(a, b), a.dtype);

/**
 * `input` kept between `low` and `high`, numbers or tensors that broadcast against it; infinite ones leave a side open.
 * On a bound that is a number the derivative is 0; with a bound that is a tensor equals share it, as in `maximum`. Where
 * `low` is above `high` the result is `high`.
 */
export const clip = (input: Tensor, low: Operand, high: Operand): Tensor =>
  apply(clipPrimitive, operands('clip', input, low, high), {});
