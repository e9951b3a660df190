import { isFloat } from '../graph/dtype.js';
import type { Tensor } from '../graph/tensor.js';
import { withDerivative } from './derived.js';
import { emitDiv, mayOverflow, mul, neg, round } from './elementwise.js';
import { emitCast } from './emit.js';
import { formula } from './formula.js';
import { binary, unary } from './pointwise.js';

/** The integer next to x on the way to 0. Its derivative is zero everywhere. */
export const trunc = unary({
  name: 'trunc',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const { mul, sign, floor, abs } = formula(emitter, dtype);
    return mul(sign(input), floor(abs(input)));
  },
});

/**
 * Rounds by `rounding` (`round` unless said; also `floor`, `ceil`, `trunc` or any function that keeps shape and dtype),
 * with the derivative of the identity: the straight-through estimator.
 */
export const roundThrough = (input: Tensor, rounding: (input: Tensor) => Tensor = round): Tensor =>
  withDerivative(rounding(input), [input], (cotangent) => [cotangent]);

/**
 * What is left of `a` after taking out a whole number of `b`, with the sign of `b`, as `%` in Python: remainder(-7, 3)
 * is 2. For floats and integers; an integer divided by 0 is an error when it runs, a float gives NaN.
 */
export const remainder = binary({
  name: 'remainder',
  dtypes: 'number',
  emit(emitter, [a, b], { inputs, output: { dtype } }) {
    const { add, equal, less, mul, sign, where } = formula(emitter, dtype);
    if (isFloat(dtype)) {
      const rest = emitter.operator('Mod', [a, b], { fmod: { int: 1 } });
      return where(less(mul(sign(rest), b), 0), add(rest, b), rest);
    }
    const safe = mayOverflow(inputs[1]!) ? where(equal(b, -1), 1, b) : b;
    return emitter.operator('Mod', [a, safe]);
  },
  vjp: (ct, a, b) => [ct, neg(mul(ct, floorDivide(a, b)))],
});

/**
 * The quotient rounded down, as `//` in Python: floorDivide(-7, 3) is -3. Of floats it is the number of times that `b`
 * fits into `a` exactly, which the rounded quotient may overstate. An integer divided by 0 is an error when it runs. Its
 * derivative is zero everywhere.
 */
export const floorDivide = binary({
  name: 'floorDivide',
  dtypes: 'number',
  emit(emitter, [a, b], application) {
    const { dtype } = application.output;
    const { div, equal, less, mul, round, sign, sub, where } = formula(emitter, dtype);
    if (!isFloat(dtype)) {
      const whole = emitDiv(emitter, [a, b], application);
      if (dtype === 'uint32') return whole;
      const rest = sub(a, mul(whole, b));
      return sub(whole, emitCast(emitter, less(mul(sign(rest), sign(b)), 0), dtype));
    }
    const rest = emitter.operator('Mod', [a, b], { fmod: { int: 1 } });
    const whole = round(div(sub(a, rest), b));
    const lowered = sub(whole, emitCast(emitter, less(mul(sign(rest), b), 0), dtype));
    return where(equal(b, 0), div(a, b), lowered);
  },
});
