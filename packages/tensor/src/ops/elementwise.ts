import { type DType, isFloat } from '../graph/dtype.js';
import { DTypeError } from '../graph/errors.js';
import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { broadcastShapes } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, sumTo } from './broadcast.js';
import { literal, literalValue, type Operand, operands } from './create.js';
import { emitCast } from './emit.js';
import { emitErf } from './erf.js';

type Dtypes = 'float' | 'number' | 'any' | 'bool';

function requireDtypes(name: string, input: Tensor, dtypes: Dtypes): void {
  if (dtypes === 'float') requireFloat(name, input);
  if (dtypes === 'number' && input.dtype === 'bool') {
    throw new DTypeError(`${name}: expected numbers, got bool; convert it with cast()`);
  }
  if (dtypes === 'bool' && input.dtype !== 'bool')
    throw new DTypeError(`${name}: expected bool, got ${input.dtype}`);
}

interface Unary {
  readonly name: string;
  readonly dtypes: Dtypes;
  readonly vjp?: (cotangent: Tensor, input: Tensor, output: Tensor) => Tensor;
  /** The ONNX operator, or a form written out. */
  readonly emit: string | ((emitter: Emitter, input: string, dtype: DType) => string);
}

function unary({ name, dtypes, vjp, emit }: Unary): (input: Tensor) => Tensor {
  const primitive: Primitive = {
    name,
    infer([input]) {
      requireDtypes(name, input!, dtypes);
      return { shape: input!.shape, dtype: input!.dtype };
    },
    ...(vjp && {
      vjp: (cotangent: Tensor, { inputs: [input], output }: Application) => [vjp(cotangent, input!, output)],
    }),
    emit: (emitter, [input], { output }) =>
      typeof emit === 'string' ? emitter.operator(emit, [input!]) : emit(emitter, input!, output.dtype),
  };
  return (input) => apply(primitive, [input], {});
}

export const neg = unary({ name: 'neg', dtypes: 'number', emit: 'Neg', vjp: (ct) => neg(ct) });
export const abs = unary({ name: 'abs', dtypes: 'number', emit: 'Abs', vjp: (ct, x) => mul(ct, sign(x)) });
/** -1, 0 or 1. Its derivative is zero everywhere. */
export const sign = unary({ name: 'sign', dtypes: 'number', emit: 'Sign' });
export const exp = unary({ name: 'exp', dtypes: 'float', emit: 'Exp', vjp: (ct, _, y) => mul(ct, y) });
/** Natural logarithm. */
export const log = unary({ name: 'log', dtypes: 'float', emit: 'Log', vjp: (ct, x) => div(ct, x) });
export const sqrt = unary({
  name: 'sqrt',
  dtypes: 'float',
  emit: 'Sqrt',
  vjp: (ct, _, y) => div(mul(ct, 0.5), y),
});
export const sin = unary({ name: 'sin', dtypes: 'float', emit: 'Sin', vjp: (ct, x) => mul(ct, cos(x)) });
export const cos = unary({ name: 'cos', dtypes: 'float', emit: 'Cos', vjp: (ct, x) => neg(mul(ct, sin(x))) });
export const tanh = unary({
  name: 'tanh',
  dtypes: 'float',
  emit: 'Tanh',
  vjp: (ct, _, y) => mul(ct, sub(1, mul(y, y))),
});
/** 1 / (1 + exp(-x)). */
export const sigmoid = unary({
  name: 'sigmoid',
  dtypes: 'float',
  emit: 'Sigmoid',
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

interface Binary {
  readonly name: string;
  readonly dtypes: Dtypes;
  readonly operator: string;
  readonly vjp?: (cotangent: Tensor, a: Tensor, b: Tensor, output: Tensor) => readonly [Tensor, Tensor];
  readonly result?: 'bool';
}

function binary({ name, dtypes, operator, vjp, result }: Binary): (a: Operand, b: Operand) => Tensor {
  const primitive: Primitive = {
    name,
    infer([a, b]) {
      requireDtypes(name, a!, dtypes);
      return { shape: broadcastShapes(name, a!.shape, b!.shape), dtype: result ?? a!.dtype };
    },
    ...(vjp && {
      vjp(cotangent: Tensor, { inputs: [a, b], output }: Application) {
        const [forA, forB] = vjp(cotangent, a!, b!, output);
        return [sumTo(forA, a!.shape), sumTo(forB, b!.shape)];
      },
    }),
    emit: (emitter, inputs) => emitter.operator(operator, inputs),
  };
  return (a, b) => apply(primitive, operands(name, a, b), {});
}

export const add = binary({ name: 'add', dtypes: 'number', operator: 'Add', vjp: (ct) => [ct, ct] });
export const sub = binary({ name: 'sub', dtypes: 'number', operator: 'Sub', vjp: (ct) => [ct, neg(ct)] });
export const mul = binary({
  name: 'mul',
  dtypes: 'number',
  operator: 'Mul',
  vjp: (ct, a, b) => [mul(ct, b), mul(ct, a)],
});
/** Quotient; of integers, rounded towards zero. */
export const div = binary({
  name: 'div',
  dtypes: 'number',
  operator: 'Div',
  vjp: (ct, _, b, y) => [div(ct, b), neg(div(mul(ct, y), b))],
});
const power = binary({
  name: 'pow',
  dtypes: 'float',
  operator: 'Pow',
  vjp: (ct, a, b, y) => [
    mul(ct, mul(b, pow(a, sub(b, 1)))),
    // log only where it is defined: 0 · log 0 would be NaN, and 0^b does not change with b > 0.
    mul(ct, where(greater(a, 0), mul(y, log(where(greater(a, 0), a, 1))), 0)),
  ],
});
/** Larger of two; where they are equal each gets half the gradient. */
export const maximum = binary({
  name: 'maximum',
  dtypes: 'number',
  operator: 'Max',
  vjp: (ct, a, b) => [mul(ct, share(a, b)), mul(ct, share(b, a))],
});
/** Smaller of two; where they are equal each gets half the gradient. */
export const minimum = binary({
  name: 'minimum',
  dtypes: 'number',
  operator: 'Min',
  vjp: (ct, a, b) => [mul(ct, share(b, a)), mul(ct, share(a, b))],
});

/** 1 where `a` is larger, ½ where they are equal, else 0. */
const share = (a: Tensor, b: Tensor): Tensor =>
  mul(add(cast(greater(a, b), a.dtype), cast(greaterEqual(a, b), a.dtype)), 0.5);

export const equal = binary({ name: 'equal', dtypes: 'any', operator: 'Equal', result: 'bool' });
export const less = binary({ name: 'less', dtypes: 'number', operator: 'Less', result: 'bool' });
export const lessEqual = binary({
  name: 'lessEqual',
  dtypes: 'number',
  operator: 'LessOrEqual',
  result: 'bool',
});
export const greater = binary({ name: 'greater', dtypes: 'number', operator: 'Greater', result: 'bool' });
export const greaterEqual = binary({
  name: 'greaterEqual',
  dtypes: 'number',
  operator: 'GreaterOrEqual',
  result: 'bool',
});
export const logicalAnd = binary({ name: 'logicalAnd', dtypes: 'bool', operator: 'And' });
export const logicalOr = binary({ name: 'logicalOr', dtypes: 'bool', operator: 'Or' });

/** `base` to the power `exponent`. Small whole exponents and ½ become products and roots. */
export function pow(base: Operand, exponent: Operand): Tensor {
  const known = typeof exponent === 'number' ? exponent : literalValue(exponent);
  const [x] = operands('pow', base, exponent) as [Tensor, Tensor];
  requireFloat('pow', x);
  if (known === 0) return add(mul(x, 0), 1);
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
  emit: (emitter, inputs) => emitter.operator('Where', inputs),
};

/**
 * `a` where the condition holds, else `b`. Both are computed everywhere: keep the branch that is not taken finite,
 * or its derivative is NaN.
 */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  apply(wherePrimitive, [condition, ...operands('where', a, b)], {});
