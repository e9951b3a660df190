import type { DType } from '../graph/dtype.js';
import type { Emitter } from '../graph/primitive.js';
import { exp, mul } from './elementwise.js';
import { emitErfc } from './erf.js';
import { formula } from './formula.js';
import { unary } from './pointwise.js';

/** 1 - erf(x), accurate relative to its size also where it is small. */
export const erfc = unary({
  name: 'erfc',
  dtypes: 'float',
  emit: (emitter, input, dtype) => emitErfc(emitter, input, dtype as 'float32' | 'float64'),
  vjp: (ct, x) => mul(mul(ct, -2 / Math.sqrt(Math.PI)), exp(mul(mul(x, x), -1))),
});

/** A polynomial for arguments below a limit, in the distance from a centre. */
interface Piece {
  readonly below: number;
  readonly centre: number;
  readonly coefficients: readonly number[];
}

// erfinv(x) / x with w = -log(1 - x²): the first piece in w, the others in √w. Fitted with 60 digits.
const pieces: Readonly<Record<'float32' | 'float64', readonly Piece[]>> = {
  float32: [
    {
      below: 5,
      centre: 2.5,
      coefficients: [
        1.50140936, 0.246640279, -0.00417739288, -0.00125272639, 0.000218349386, -4.97241969e-6,
        -3.46398527e-6, 4.68131348e-7, 2.33359672e-8, -8.93192597e-9,
      ],
    },
    {
      below: Number.POSITIVE_INFINITY,
      centre: 3.25,
      coefficients: [
        3.08388561, 1.00525897, 0.00537096909, -0.00375138602, 0.00249032752, -0.00168630407, 0.000959536159,
        -0.00036310842, 1.00274895e-5, 8.31003724e-5, -3.43739015e-5,
      ],
    },
  ],
  float64: [
    {
      below: 6.25,
      centre: 3.125,
      coefficients: [
        1.6536545626831027, 0.24015818242558834, -0.006033670871426851, -0.0007407025341546431,
        0.00018673420801981186, -1.3882523393957483e-5, -1.3654691758785656e-6, 4.23478816822246e-7,
        -2.907039127564132e-8, -4.1126604371632185e-9, 1.051223377050429e-9, -5.414303283919504e-11,
        -1.2978805369932565e-11, 2.6305268312595183e-12, -8.07192593899004e-14, -4.0020031087558496e-14,
        6.521333511502239e-15, -3.94018812230432e-17, -1.2215637192404172e-16, 1.5510787009902526e-17,
        6.075050702072414e-19, -3.4734793888538036e-19, 1.999259988861535e-20, 3.194015548136271e-21,
        -3.5932028927020693e-22,
      ],
    },
    {
      below: 4,
      centre: 3.25,
      coefficients: [
        3.0838856104922208, 1.0052589676941655, 0.005370914553555033, -0.0037512085082247342,
        0.00249144209795696, -0.0016882755354488555, 0.0009532893415794137, -0.0003550378137852452,
        2.4031512865758357e-5, 6.828711739251955e-5, -4.732068066544697e-5, 1.2465028224217455e-5,
        2.93257845538535e-6, -3.985705945648173e-6, 1.4815977874022539e-6, -2.761716223816241e-8,
        -2.4549818963339823e-7, 1.3158663683192966e-7, -2.091453334773126e-8, -1.5305397964152548e-8,
        7.680200479077053e-9,
      ],
    },
    {
      below: Number.POSITIVE_INFINITY,
      centre: 5.125,
      coefficients: [
        4.9761913900163, 1.0102562759886626, -0.0002125995037013969, -0.00017993907257778067,
        6.469075782470177e-5, -1.6589895280182424e-5, 3.7475772417353405e-6, -7.962386569178881e-7,
        1.6935806269122313e-7, -4.1556762309114705e-8, 1.4470155897053455e-8, -6.970705017656072e-9,
        3.6629980451553116e-9, -1.7724936092837638e-9, 7.17330629465384e-10, -2.438193707957275e-10,
        7.645062496111442e-11, -9.979453589065036e-12, -9.847670831674e-12, 4.1377674239083625e-12,
      ],
    },
  ],
};

function emitErfinv(emitter: Emitter, x: string, dtype: DType): string {
  const { add, sub, mul, abs, neg, sqrt, log, equal, less, where, polynomial } = formula(emitter, dtype);
  const [first, ...rest] = pieces[dtype as 'float32' | 'float64'] as [Piece, ...Piece[]];
  const distance = neg(log(mul(sub(1, x), add(x, 1))));
  const root = sqrt(distance);
  const value = (argument: string, { centre, coefficients }: Piece) =>
    polynomial(sub(argument, centre), coefficients);
  const far = rest
    .map((piece) => ({ ...piece, value: value(root, piece) }))
    .reduceRight((above, piece) => ({
      ...piece,
      value: where(less(root, piece.below), piece.value, above.value),
    })).value;
  const ratio = where(less(distance, first.below), value(distance, first), far);
  return mul(x, where(equal(abs(x), 1), Number.POSITIVE_INFINITY, ratio));
}

/**
 * The inverse of erf: infinite at ±1, NaN beyond. √2 · erfinv(2p - 1) is the number that a standard normal one is below
 * with probability p.
 */
export const erfinv = unary({
  name: 'erfinv',
  dtypes: 'float',
  emit: emitErfinv,
  vjp: (ct, _, y) => mul(mul(ct, Math.sqrt(Math.PI) / 2), exp(mul(y, y))),
});
