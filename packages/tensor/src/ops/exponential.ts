import type { Emitter } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat } from './broadcast.js';
import { add, div, exp, log, mul, neg, pow, sigmoid, sub } from './elementwise.js';
import { type Formula, formula } from './formula.js';
import { binary, unary } from './pointwise.js';

/** exp(x) - 1, accurate for small x. */
export const expm1 = unary({
  name: 'expm1',
  dtypes: 'float',
  // tanh(x/2) = (eˣ - 1) / (eˣ + 1), so that nothing cancels.
  emit(emitter, input, dtype) {
    const { add, mul, exp, tanh } = formula(emitter, dtype);
    return mul(tanh(mul(input, 0.5)), add(exp(input), 1));
  },
  vjp: (ct, x) => mul(ct, exp(x)),
});

/** log(1 + x), accurate for small x. */
export const log1p = unary({
  name: 'log1p',
  dtypes: 'float',
  emit: (emitter, input, dtype) => emitLog1p(formula(emitter, dtype), input),
  vjp: (ct, x) => div(ct, add(x, 1)),
});

/** log(u) · x / (u - 1) with u = 1 + x as it is rounded: both factors are off by the same rounding. */
export function emitLog1p({ add, sub, mul, div, log, equal, where }: Formula, x: string): string {
  const u = add(x, 1);
  const rounded = sub(u, 1);
  const logarithm = log(u);
  const corrected = where(equal(rounded, x), logarithm, mul(logarithm, div(x, rounded)));
  return where(equal(u, 1), x, corrected);
}

/** log(1 + exp(-distance)) for distances that are not negative. */
export function emitLogOnePlusExp({ add, sub, div, exp, log, neg }: Formula, distance: string): string {
  const x = exp(neg(distance));
  const u = add(x, 1);
  return sub(log(u), div(sub(sub(u, 1), x), u));
}

/** Logarithm to base 2. */
export const log2 = (input: Tensor): Tensor => div(log(input), Math.LN2);

/** 2 to the power x. */
export function exp2(input: Tensor): Tensor {
  requireFloat('exp2', input);
  return pow(2, input);
}

/** log(exp(a) + exp(b)) without overflow; where both are the same infinity, that infinity. */
export const logAddExp = binary({
  name: 'logAddExp',
  dtypes: 'float',
  emit(emitter: Emitter, [a, b], { output }) {
    const form = formula(emitter, output.dtype);
    const { abs, add, equal, max, sub, where } = form;
    // Equal operands are 0 apart, also infinite ones.
    const distance = where(equal(a, b), 0, abs(sub(a, b)));
    return add(max(a, b), emitLogOnePlusExp(form, distance));
  },
  vjp(ct, a, b) {
    const difference = sub(a, b);
    return [mul(ct, sigmoid(difference)), mul(ct, sigmoid(neg(difference)))];
  },
});
