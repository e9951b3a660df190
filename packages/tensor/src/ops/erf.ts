import type { Emitter } from '../graph/primitive.js';

// erfc(z) = t · exp(-z² + P(2t - 1)) with t = 2 / (2 + z) for z ≥ 0. These are the Chebyshev coefficients of P, computed
// with 40 digits from P(t) = log(erfc(z) / t) + z². Cut off here, erf is accurate to 2e-15.
const coefficients = [
  -1.3026537197817094, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.6242900046470256e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.273651222931836e-10,
  9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
] as const;

/** The error function in float64, which ONNX Runtime has only in float32. */
export function emitErf(emitter: Emitter, x: string): string {
  const number = (value: number) => emitter.constant([value], 'float64', []);
  const two = number(2);
  const z = emitter.operator('Abs', [x]);
  const t = emitter.operator('Div', [two, emitter.operator('Add', [two, z])]);
  const y = emitter.operator('Sub', [emitter.operator('Mul', [two, t]), number(1)]);
  const twiceY = emitter.operator('Mul', [two, y]);
  // Clenshaw's recurrence.
  let [current, previous] = [number(0), number(0)];
  for (let i = coefficients.length - 1; i > 0; i--) {
    const next = emitter.operator('Add', [
      emitter.operator('Sub', [emitter.operator('Mul', [twiceY, current]), previous]),
      number(coefficients[i]!),
    ]);
    [current, previous] = [next, current];
  }
  const polynomial = emitter.operator('Add', [
    emitter.operator('Sub', [emitter.operator('Mul', [y, current]), previous]),
    number(coefficients[0] / 2),
  ]);
  const exponent = emitter.operator('Sub', [polynomial, emitter.operator('Mul', [z, z])]);
  const erfc = emitter.operator('Mul', [t, emitter.operator('Exp', [exponent])]);
  return emitter.operator('Mul', [emitter.operator('Sign', [x]), emitter.operator('Sub', [number(1), erfc])]);
}
