import type { DType } from '../graph/dtype.js';
import type { Emitter } from '../graph/primitive.js';

/** The name of an ONNX value, or a number. */
export type Term = string | number;

/** ONNX operators on values of one dtype, for forms of many steps; numbers become constants. */
export function formula(emitter: Emitter, dtype: DType) {
  const named = (term: Term): string =>
    typeof term === 'number' ? emitter.constant([term], dtype, []) : term;
  const operator =
    (type: string) =>
    (...terms: readonly Term[]): string =>
      emitter.operator(type, terms.map(named));
  const [add, mul] = [operator('Add'), operator('Mul')];
  return {
    add,
    mul,
    sub: operator('Sub'),
    div: operator('Div'),
    neg: operator('Neg'),
    abs: operator('Abs'),
    sign: operator('Sign'),
    sqrt: operator('Sqrt'),
    exp: operator('Exp'),
    log: operator('Log'),
    sin: operator('Sin'),
    cos: operator('Cos'),
    tanh: operator('Tanh'),
    floor: operator('Floor'),
    round: operator('Round'),
    max: operator('Max'),
    min: operator('Min'),
    equal: operator('Equal'),
    less: operator('Less'),
    greater: operator('Greater'),
    where: (condition: string, a: Term, b: Term): string =>
      emitter.operator('Where', [condition, named(a), named(b)]),
    /** Σ coefficients[i] · xⁱ. */
    polynomial(x: string, coefficients: readonly number[]): string {
      const [highest, ...lower] = coefficients.toReversed() as [number, ...number[]];
      return lower.reduce((total, coefficient) => add(mul(total, x), coefficient), named(highest));
    },
  };
}

export type Formula = ReturnType<typeof formula>;
