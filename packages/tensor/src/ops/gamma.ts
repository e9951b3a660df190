import type { DType } from '../graph/dtype.js';
import { apply, type Primitive } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat } from './broadcast.js';
import { mul } from './elementwise.js';
import { type Formula, formula } from './formula.js';
import { unary } from './pointwise.js';

// log Γ(y) / (y - 2) for 1.5 ≤ y ≤ 2.5, as a polynomial in y - 2.
const nearTwo = {
  float32: [
    0.422784335, 0.322467033, -0.0673522815, 0.0205807995, -0.00738617416, 0.00289079532, -0.00118586003,
    0.000506517143, -0.000253817096, 0.00011347282,
  ],
  float64: [
    0.42278433509846713, 0.32246703342411326, -0.0673523010531981, 0.02058080842778038,
    -0.0073855510286719986, 0.002890510331034267, -0.0011927539118428156, 0.0005096695154115458,
    -0.00022315475400520507, 9.945767355819498e-5, -4.49263133791557e-5, 2.0505590755833454e-5,
    -9.438715099211532e-6, 4.38470440459836e-6, -2.0439048107029907e-6, 9.200527894968101e-7,
    -4.3252393445604814e-7, 2.78740805211359e-7, -1.3219945666117874e-7,
  ],
};

// Stirling's series of log Γ in 1 / x², and from where on so many terms of it are enough.
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
const stirlingFrom = { float32: 4, float64: 8 };
const stirlingTerms = { float32: 4, float64: 8 };

// Every number below is an integer, in both dtypes.
const lowest = -(2 ** 60);

type FloatType = 'float32' | 'float64';
const floatType = (dtype: DType): FloatType => (dtype === 'float64' ? dtype : 'float32');

/** log Γ(x) for x ≥ 0. Small x are moved to [1.5, 2.5] by x · Γ(x) = Γ(x + 1), where both zeros of it keep their digits. */
function emitPositive(form: Formula, x: string, dtype: FloatType): string {
  const { add, sub, mul, div, log, max, min, round, less, greater, where, polynomial } = form;
  const from = stirlingFrom[dtype];
  const places = max(min(round(sub(x, 2)), from - 2), -2);
  const moved = sub(x, places);
  const isRaised = less(places, 0);
  const raised = mul(x, where(less(places, -1), add(x, 1), 1));
  let lowered = where(greater(places, 0), moved, 1);
  for (let k = 1; k < from - 2; k++) lowered = mul(lowered, where(greater(places, k), add(moved, k), 1));
  const product = mul(log(where(isRaised, raised, lowered)), where(isRaised, -1, 1));
  const offset = sub(moved, 2);
  const small = add(mul(offset, polynomial(offset, nearTwo[dtype])), product);
  const inverse = div(1, x);
  const tail = mul(inverse, polynomial(mul(inverse, inverse), stirling.slice(0, stirlingTerms[dtype])));
  const head = mul(sub(x, 0.5), sub(log(x), 1));
  return where(less(x, from), small, add(head, add(tail, (Math.log(2 * Math.PI) - 1) / 2)));
}

/** Distance to the nearest integer, which keeps sin(πx) and cos(πx) accurate. */
const emitOffset = ({ sub, round }: Formula, x: string): string => sub(x, round(x));

/**
 * log |Γ(x)|; infinite at 0 and at the negative integers. Its derivative is `digamma`. Accurate relative to its size,
 * but near its zeros between the negative integers relative to 1.
 */
export const lgamma = unary({
  name: 'lgamma',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    const { sub, mul, div, abs, sin, log, max, less, where } = form;
    const isNegative = less(input, 0);
    const bounded = max(input, lowest);
    const positive = emitPositive(form, where(isNegative, sub(1, bounded), input), floatType(dtype));
    const sine = abs(sin(mul(emitOffset(form, bounded), Math.PI)));
    return where(isNegative, sub(log(div(Math.PI, sine)), positive), positive);
  },
  vjp: (ct, x) => mul(ct, digamma(x)),
});

const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798];

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));

function emitPower({ mul }: Formula, x: string, exponent: number): string {
  let power = x;
  for (let i = 1; i < exponent; i++) power = mul(power, x);
  return power;
}

/** The function for x ≥ 0: the asymptotic series some steps to the right, and what the steps add. */
function emitPolygamma(form: Formula, x: string, order: number, dtype: FloatType): string {
  const { add, sub, mul, div, log, polynomial } = form;
  const steps = (dtype === 'float64' ? 10 : 6) + order;
  const terms = bernoulli.slice(0, dtype === 'float64' ? 9 : 5);
  const sign = order % 2 === 0 ? -1 : 1;
  const inverseOf = (k: number): string => div(1, k === 0 ? x : add(x, k));
  let passed = emitPower(form, inverseOf(0), order + 1);
  for (let k = 1; k < steps; k++) passed = add(passed, emitPower(form, inverseOf(k), order + 1));
  const inverse = inverseOf(steps);
  const series = polynomial(inverse, [
    order === 0 ? 0 : factorial(order - 1),
    factorial(order) / 2,
    ...terms.flatMap((number, i) => {
      const k = 2 * (i + 1);
      return [(number * factorial(k + order - 1)) / factorial(k), 0];
    }),
  ]);
  if (order === 0) return sub(sub(log(add(x, steps)), series), passed);
  return mul(add(mul(series, emitPower(form, inverse, order)), mul(passed, factorial(order))), sign);
}

/** Coefficients of the derivative of some order of cot as a polynomial in cot, which has the derivative -1 - cot². */
function cotangentDerivative(order: number): number[] {
  let coefficients = [0, 1];
  for (let n = 0; n < order; n++) {
    const next = new Array<number>(coefficients.length + 1).fill(0);
    coefficients.forEach((coefficient, i) => {
      if (i === 0) return;
      next[i - 1]! -= i * coefficient;
      next[i + 1]! -= i * coefficient;
    });
    coefficients = next;
  }
  return coefficients;
}

const polygammaPrimitive: Primitive<{ order: number }> = {
  name: 'polygamma',
  infer([input]) {
    requireFloat('polygamma', input!);
    return { shape: input!.shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input], attributes: { order } }) => [
    mul(cotangent, polygamma(order + 1, input!)),
  ],
  emit(emitter, [x], { attributes: { order }, output: { dtype } }) {
    const form = formula(emitter, dtype);
    const { sub, mul, div, sin, cos, max, less, where, polynomial } = form;
    const isNegative = less(x!, 0);
    const bounded = max(x!, lowest);
    const positive = emitPolygamma(form, where(isNegative, sub(1, bounded), x!), order, floatType(dtype));
    const angle = mul(emitOffset(form, bounded), Math.PI);
    const cotangent = polynomial(div(cos(angle), sin(angle)), cotangentDerivative(order));
    const mirrored = mul(positive, order % 2 === 0 ? 1 : -1);
    return where(isNegative, sub(mirrored, mul(cotangent, Math.PI ** (order + 1))), positive);
  },
};

/**
 * The derivative of `digamma` of the given order, 0 for digamma itself. Infinite at 0 and at the negative integers.
 * @throws RangeError unless the order is a non-negative integer
 */
export function polygamma(order: number, input: Tensor): Tensor {
  if (!(Number.isSafeInteger(order) && order >= 0)) {
    throw new RangeError(`polygamma: order: expected a non-negative integer, got ${order}`);
  }
  return apply(polygammaPrimitive, [input], { order });
}

/** Derivative of log Γ. */
export const digamma = (input: Tensor): Tensor => polygamma(0, input);

/** Derivative of `digamma`. */
export const trigamma = (input: Tensor): Tensor => polygamma(1, input);
