import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  ceil,
  clip,
  cos,
  cosh,
  digamma,
  div,
  elu,
  erf,
  erfc,
  erfinv,
  evaluate,
  exp,
  exp2,
  expm1,
  floor,
  floorDivide,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  lgamma,
  log,
  log1p,
  log2,
  logAddExp,
  maximum,
  minimum,
  mish,
  mul,
  neg,
  polygamma,
  pow,
  reciprocal,
  relu,
  remainder,
  round,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tan,
  tanh,
  tensor,
  trigamma,
  trunc,
  valueAndGrad,
} from '../index.js';

// Values and derivatives at zeros, ties, infinities and NaN, from PyTorch in float64. Numbers that JSON has no word for
// are written as text.
type Numbers = readonly (number | string)[];
interface Golden {
  readonly points: Readonly<Record<string, Numbers>>;
  readonly unary: Readonly<Record<string, { at: string; y: Numbers; slope: Numbers }>>;
  readonly binary: Readonly<Record<string, { y: Numbers; slopes: readonly Numbers[] }>>;
  readonly binaryPoints: Numbers;
  readonly precise: Readonly<Record<string, { x: readonly number[]; y: readonly number[] }>>;
}
const golden: Golden = JSON.parse(readFileSync(new URL('../testing/golden.json', import.meta.url), 'utf8'));

const numbers = (given: Numbers): number[] => given.map(Number);

/** Value and gradients at every point at once. */
async function differentiated(
  fn: (...inputs: Tensor[]) => Tensor,
  columns: readonly (readonly number[])[],
): Promise<{ y: number[]; slopes: number[][] }> {
  const inputs = columns.map((column) => tensor([...column], 'float64'));
  const [, gradients, y] = valueAndGrad((at: Tensor[]) => {
    const each = fn(...at);
    return [sum(each), each] as const;
  })(inputs);
  await evaluate([gradients, y]);
  const elements = ({ value }: Tensor) => Array.from(value!.data, Number);
  return { y: elements(y), slopes: gradients.map(elements) };
}

/** Slopes are compared less strictly, since PyTorch's lose digits where they are small, and not at NaN. */
function differences(
  label: (i: number) => string,
  actual: readonly number[],
  expected: readonly number[],
  tolerance = 1e-12,
): string[] {
  const isClose = (value: number, other: number) =>
    Object.is(value + 0, other + 0) || Math.abs(value - other) <= tolerance * Math.abs(other) + 1e-300;
  return actual.flatMap((value, i) =>
    (label(i).includes("'") && label(i).includes('NaN')) || isClose(value, ours[label(i)] ?? expected[i]!)
      ? []
      : [`${label(i)}: ${value}, PyTorch ${expected[i]}`],
  );
}

const unary: Record<string, (x: Tensor) => Tensor> = {
  abs,
  sign,
  relu,
  exp,
  log,
  sqrt,
  sin,
  cos,
  tan,
  tanh,
  sigmoid,
  erf,
  floor,
  ceil,
  round,
  trunc,
  expm1,
  log1p,
  log2,
  exp2,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  softplus,
  gelu,
  'gelu tanh': (x) => gelu(x, { approximate: 'tanh' }),
  silu,
  mish,
  elu: (x) => elu(x, 1.5),
  leakyRelu: (x) => leakyRelu(x, 0.2),
  hardSigmoid,
  hardSwish,
  square,
  reciprocal,
  'pow 1.5': (x) => pow(x, 1.5),
  clip: (x) => clip(x, -1, 2),
  erfc,
  erfinv,
  lgamma,
  digamma,
};

const binary: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  maximum,
  minimum,
  atan2,
  logAddExp,
  remainder,
  floorDivide,
  pow,
  div,
};

/** Where we give something else, and what. */
const ours: Record<string, number> = {
  // PyTorch calls the sign of NaN 0.
  'sign(NaN)': Number.NaN,
  // Poles of odd order, where PyTorch says NaN; and -∞, which is beyond the last of them.
  "lgamma'(-Infinity)": Number.NEGATIVE_INFINITY,
  "lgamma'(-1)": Number.NEGATIVE_INFINITY,
  'digamma(-Infinity)': Number.NEGATIVE_INFINITY,
  'digamma(-1)': Number.NEGATIVE_INFINITY,
  "digamma'(-Infinity)": Number.POSITIVE_INFINITY,
  "digamma'(-1)": Number.POSITIVE_INFINITY,
  // PyTorch forms exp(x) from the rounded exp(x) - 1.
  "expm1'(-20)": Math.exp(-20),
  "expm1'(-100)": Math.exp(-100),
  // PyTorch adds 1 to an error function that is nearly -1.
  'gelu(-5)': -1.4332578593959706e-6,
  'gelu(-20)': -5.507248237212386e-88,
  // The root of a negative number is taken here.
  'pow 1.5(-Infinity)': Number.NaN,
  // Products with an infinite x and a slope of 0.
  "hardSwish'(-Infinity)": Number.NaN,
  "hardSwish'(Infinity)": Number.NaN,
};

const precise: Record<string, (x: Tensor) => Tensor> = {
  expm1,
  log1p,
  sinh,
  cosh,
  tan,
  asin,
  acos,
  atan,
  asinh,
  acosh,
  atanh,
  softplus,
  gelu,
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
  trigamma,
  'polygamma 4': (x) => polygamma(4, x),
};

describe('functions are accurate relative to their size', () => {
  // Computed with 50 digits, at points that float32 has too.
  it.each(Object.keys(precise))('%s', async (name) => {
    const { x, y } = golden.precise[name]!;
    for (const [dtype, tolerance] of [
      ['float64', 1e-12],
      ['float32', 1e-6],
    ] as const) {
      const values = Array.from(await precise[name]!(tensor([...x], dtype)).data(), Number);
      const errors = values.map((value, i) => Math.abs(value / y[i]! - 1));
      const worst = errors.flatMap((error, i) =>
        error < tolerance || Math.abs(y[i]!) < 1e-37 ? [] : [`${name}(${x[i]}) in ${dtype}: off by ${error}`],
      );
      expect(worst).toEqual([]);
    }
  });
});

describe('numbers nearly 1', () => {
  it.each([1e-12, 1e-9, 3e-8])('scale float64 when they are %s away from it', async (difference) => {
    const one = neg(tensor([-1], 'float64'));
    for (const change of [sub(one, mul(one, 1 - difference)), sub(div(one, 1 - difference), one)]) {
      expect(Math.abs((await change.item()) - difference)).toBeLessThan(1e-14);
    }
  });
});

describe('values and derivatives at zeros, ties, infinities and NaN are those of PyTorch', () => {
  it.each(Object.keys(unary))('%s', async (name) => {
    const { at, y, slope } = golden.unary[name]!;
    const x = numbers(golden.points[at]!);
    const actual = await differentiated(unary[name]!, [x]);
    expect([
      ...differences((i) => `${name}(${x[i]})`, actual.y, numbers(y)),
      ...differences((i) => `${name}'(${x[i]})`, actual.slopes[0]!, numbers(slope), 1e-9),
    ]).toEqual([]);
  });

  it.each(Object.keys(binary))('%s', async (name) => {
    const { y, slopes } = golden.binary[name]!;
    const points = numbers(golden.binaryPoints);
    const a = points.flatMap((each) => points.map(() => each));
    const b = points.flatMap(() => points);
    const actual = await differentiated(binary[name]!, [a, b]);
    expect([
      ...differences((i) => `${name}(${a[i]}, ${b[i]})`, actual.y, numbers(y)),
      ...slopes.flatMap((slope, which) =>
        differences((i) => `${name}'${which}(${a[i]}, ${b[i]})`, actual.slopes[which]!, numbers(slope), 1e-9),
      ),
    ]).toEqual([]);
  });
});
