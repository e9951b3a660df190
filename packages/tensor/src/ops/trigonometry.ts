import type { Tensor } from '../graph/tensor.js';
import { add, div, equal, mul, neg, sqrt, sub, where } from './elementwise.js';
import { emitLog1p } from './exponential.js';
import { type Formula, formula } from './formula.js';
import { binary, unary } from './pointwise.js';

// ONNX Runtime has most of these in float32 only. Where a form of a few steps is faster than its operator, both dtypes
// take that form.

// atan(t) / t for |t| ≤ √2 - 1, as a polynomial in t².
const arctangent = [
  1, -0.3333333333333312, 0.19999999999940807, -0.142857142792419, 0.11111110744504495, -0.09090896797060963,
  0.07692045115329452, -0.0666294933513016, 0.058468600441315986, -0.05035019199400293, 0.037963116386953384,
  -0.017803024570372427,
] as const;

/** atan(x) for |x| ≤ 1 in float64: half the angle, then a polynomial. */
function emitSmallAtan({ add, mul, div, sqrt, polynomial }: Formula, x: string): string {
  const half = div(x, add(sqrt(add(mul(x, x), 1)), 1));
  return mul(mul(half, 2), polynomial(mul(half, half), arctangent));
}

function emitAtan64(form: Formula, x: string): string {
  const { sub, mul, div, abs, sign, greater, where } = form;
  const size = abs(x);
  const large = greater(size, 1);
  const angle = emitSmallAtan(form, where(large, div(1, size), size));
  return mul(sign(x), where(large, sub(Math.PI / 2, angle), angle));
}

/** Tangent of an angle in radians. */
export const tan = unary({
  name: 'tan',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const { div, sin, cos } = formula(emitter, dtype);
    return div(sin(input), cos(input));
  },
  vjp: (ct, _, y) => mul(ct, add(mul(y, y), 1)),
});

/** √(1 - x²), accurate near ±1. */
const legOf = (x: Tensor): Tensor => sqrt(mul(sub(1, x), add(x, 1)));

/** Angle in [-π/2, π/2] whose sine is x; NaN outside [-1, 1]. */
export const asin = unary({
  name: 'asin',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    if (dtype === 'float32') return emitter.operator('Asin', [input]);
    const form = formula(emitter, dtype);
    const { add, sub, mul, div, sqrt } = form;
    const leg = sqrt(mul(sub(1, input), add(input, 1)));
    return mul(emitSmallAtan(form, div(input, add(leg, 1))), 2);
  },
  vjp: (ct, x) => div(ct, legOf(x)),
});

/** Angle in [0, π] whose cosine is x; NaN outside [-1, 1]. */
export const acos = unary({
  name: 'acos',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    if (dtype === 'float32') return emitter.operator('Acos', [input]);
    const form = formula(emitter, dtype);
    const { add, sub, mul, div, sqrt } = form;
    return mul(emitAtan64(form, sqrt(div(sub(1, input), add(input, 1)))), 2);
  },
  vjp: (ct, x) => neg(div(ct, legOf(x))),
});

/** Angle in [-π/2, π/2] whose tangent is x. */
export const atan = unary({
  name: 'atan',
  dtypes: 'float',
  emit: (emitter, input, dtype) =>
    dtype === 'float32' ? emitter.operator('Atan', [input]) : emitAtan64(formula(emitter, dtype), input),
  vjp: (ct, x) => div(ct, add(mul(x, x), 1)),
});

/**
 * Angle in [-π, π] of the point (x, y), y being the first argument. At the origin and on the negative x axis the signs of
 * zeros decide, and at infinity the diagonals do, as in C. The derivative at the origin is 0.
 */
export const atan2 = binary({
  name: 'atan2',
  dtypes: 'float',
  emit(emitter, [y, x], { output: { dtype } }) {
    const form = formula(emitter, dtype);
    const { sub, div, abs, max, min, equal, less, greater, where } = form;
    const [width, height] = [abs(x), abs(y)];
    const longer = max(width, height);
    // Infinities on both axes make a diagonal, zeros on both none.
    const ratio = where(equal(width, height), where(equal(longer, 0), 0, 1), div(min(width, height), longer));
    const small = dtype === 'float32' ? emitter.operator('Atan', [ratio]) : emitSmallAtan(form, ratio);
    const steep = where(greater(height, width), sub(Math.PI / 2, small), small);
    // Less than 0 is not enough: 1 / -0 is.
    const isNegative = (value: string) => emitter.operator('Or', [less(value, 0), less(div(1, value), 0)]);
    const upper = where(isNegative(x), sub(Math.PI, steep), steep);
    return where(isNegative(y), form.neg(upper), upper);
  },
  vjp(ct, y, x) {
    const squared = add(mul(x, x), mul(y, y));
    const scaled = div(ct, where(equal(squared, 0), 1, squared));
    return [mul(scaled, x), neg(mul(scaled, y))];
  },
});

/** Halves of exp(|x|) and exp(-|x|), by way of exp(|x| / 2), which does not overflow before they do. */
function emitExponentials({ mul, div, abs, exp }: Formula, x: string): [growing: string, falling: string] {
  const root = exp(mul(abs(x), 0.5));
  return [mul(mul(root, 0.5), root), div(div(0.5, root), root)];
}

function emitCosh(form: Formula, x: string): string {
  return form.add(...emitExponentials(form, x));
}

/** Hyperbolic sine. */
export const sinh = unary({
  name: 'sinh',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    return form.mul(form.tanh(input), emitCosh(form, input));
  },
  vjp: (ct, x) => mul(ct, cosh(x)),
});

/** Hyperbolic cosine. */
export const cosh = unary({
  name: 'cosh',
  dtypes: 'float',
  emit: (emitter, input, dtype) => emitCosh(formula(emitter, dtype), input),
  vjp: (ct, x) => mul(ct, sinh(x)),
});

/** Inverse of sinh. */
export const asinh = unary({
  name: 'asinh',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    const { add, mul, div, abs, sign, sqrt } = form;
    const size = abs(input);
    const inverse = div(1, size);
    const rest = div(size, add(inverse, sqrt(add(mul(inverse, inverse), 1))));
    return mul(sign(input), emitLog1p(form, add(size, rest)));
  },
  vjp: (ct, x) => div(ct, sqrt(add(mul(x, x), 1))),
});

/** Inverse of cosh, at least 0; NaN below 1. */
export const acosh = unary({
  name: 'acosh',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    const { add, sub, mul, sqrt } = form;
    const above = sub(input, 1);
    return emitLog1p(form, add(above, mul(sqrt(above), sqrt(add(input, 1)))));
  },
  vjp: (ct, x) => div(ct, sqrt(mul(sub(x, 1), add(x, 1)))),
});

/** Inverse of tanh; infinite at ±1 and NaN beyond. */
export const atanh = unary({
  name: 'atanh',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    const { sub, mul, div, abs, sign } = form;
    const size = abs(input);
    return mul(mul(sign(input), 0.5), emitLog1p(form, div(mul(size, 2), sub(1, size))));
  },
  vjp: (ct, x) => div(ct, mul(sub(1, x), add(x, 1))),
});
