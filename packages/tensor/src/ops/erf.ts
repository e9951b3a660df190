import type { Emitter } from '../graph/primitive.js';
import { formula } from './formula.js';

// For z ≥ 0, erfc(z) = t · exp(-z² + P(2t - 1)) with t = 2 / (2 + z). These are the Chebyshev coefficients of P, computed
// with 40 digits from P(t) = log(erfc(z) / t) + z². Cut off here, erfc is accurate to 2e-15.
const coefficients = [
  -1.3026537197817094, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.6242900046470256e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.273651222931836e-10,
  9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
] as const;

// erf(x) / x for |x| ≤ 1 as a polynomial in x²: what 1 - erfc(x) would lose of small results.
const nearZero = [
  1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777, 0.0052239776071164225,
  -0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-5, 1.6447424703317362e-6,
  -1.6208483801871705e-7, 1.3720064546777686e-8, -7.795898827002142e-10,
] as const;

/** The complementary error function in either float dtype, accurate relative to its size. */
export function emitErfc(emitter: Emitter, x: string, dtype: 'float32' | 'float64'): string {
  const { add, sub, mul, div, neg, abs, exp, floor, less, min, where } = formula(emitter, dtype);
  // erfc(30) is 0 in both dtypes.
  const z = min(abs(x), 30);
  const t = div(2, add(z, 2));
  const y = sub(mul(t, 2), 1);
  const twiceY = mul(y, 2);
  const terms = dtype === 'float32' ? coefficients.slice(0, 14) : coefficients;
  // Clenshaw's recurrence.
  let [current, previous]: [string | number, string | number] = [0, 0];
  for (let i = terms.length - 1; i > 0; i--) {
    [current, previous] = [add(sub(mul(twiceY, current), previous), terms[i]!), current];
  }
  const polynomial = add(sub(mul(y, current), previous), terms[0]! / 2);
  // z² in two parts, of which the first is exact: rounding a large exponent would cost the result its last digits.
  const head = div(floor(mul(z, 16)), 16);
  const tail = mul(sub(head, z), add(head, z));
  const positive = mul(mul(t, exp(neg(mul(head, head)))), exp(add(tail, polynomial)));
  return where(less(x, 0), sub(2, positive), positive);
}

/** The error function in float64, which ONNX Runtime has only in float32. */
export function emitErf(emitter: Emitter, x: string): string {
  const { sub, mul, abs, less, polynomial, where } = formula(emitter, 'float64');
  const small = mul(x, polynomial(mul(x, x), nearZero));
  return where(less(abs(x), 1), small, sub(1, emitErfc(emitter, x, 'float64')));
}
