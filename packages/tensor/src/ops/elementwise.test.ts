import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cast,
  ceil,
  clip,
  cosh,
  digamma,
  elu,
  erf,
  erfc,
  erfinv,
  exp2,
  expm1,
  floor,
  floorDivide,
  grad,
  isFinite as isFiniteTensor,
  isInfinite,
  isNaN as isNaNTensor,
  l2Norm,
  leakyRelu,
  lgamma,
  log1p,
  log2,
  logAddExp,
  logicalXor,
  notEqual,
  onesLike,
  polygamma,
  pow,
  reciprocal,
  remainder,
  roundThrough,
  sigmoid,
  sinh,
  softplus,
  square,
  sum,
  type Tensor,
  tan,
  tensor,
  trunc,
  zeros,
} from '../index.js';

const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -2];
const flags = async (condition: Tensor) => Array.from(await condition.data(), Number);
const numbers = async (result: Tensor) => Array.from(await result.data(), Number);

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  it('what numbers are is told', async () => {
    const x = tensor(special, dtype);
    expect(await flags(isNaNTensor(x))).toEqual([1, 0, 0, 0, 0]);
    expect(await flags(isInfinite(x))).toEqual([0, 1, 1, 0, 0]);
    expect(await flags(isFiniteTensor(x))).toEqual([0, 0, 0, 1, 1]);
    expect(await flags(notEqual(x, -2))).toEqual([1, 1, 1, 1, 0]);
    const [a, b] = [tensor([true, true, false, false]), tensor([true, false, true, false])];
    expect(await flags(logicalXor(a, b))).toEqual([0, 1, 1, 0]);
  });

  it('a rounding passes derivatives through', async () => {
    const x = tensor([-1.6, 0.4, 2.5], dtype);
    for (const [rounding, values] of [
      [undefined, [-2, 0, 2]],
      [floor, [-2, 0, 2]],
      [ceil, [-1, 1, 3]],
      [trunc, [-1, 0, 2]],
    ] as const) {
      const rounded = roundThrough(x, rounding);
      expect((await numbers(rounded)).map((value) => value + 0)).toEqual(values);
      const slope = grad((at: Tensor) => sum(square(roundThrough(at, rounding))))(x);
      expect((await numbers(slope)).map((value) => value + 0)).toEqual(values.map((value) => 2 * value));
    }
  });

  it('clip takes tensors that broadcast, and shares the gradient with those it meets', async () => {
    const [x, low, high] = [tensor([-1, 0, 0.5, 1, 2], dtype), tensor([0], dtype), tensor(1, dtype)];
    expect(await numbers(clip(x, low, high))).toEqual([0, 0, 0.5, 1, 1]);
    const slopes = grad((all: Tensor[]) => sum(clip(all[0]!, all[1]!, all[2]!)))([x, low, high]);
    expect(await numbers(slopes[0]!)).toEqual([0, 0.5, 1, 0.5, 0]);
    expect(await numbers(slopes[1]!)).toEqual([1.5]);
    expect(await numbers(slopes[2]!)).toEqual([1.5]);
    expect(await numbers(clip(x, 1, 0))).toEqual([0, 0, 0, 0, 0]);
    expect(await numbers(clip(x, Number.NEGATIVE_INFINITY, 0.5))).toEqual([-1, 0, 0.5, 0.5, 0.5]);
  });

  it('a norm of zero has slope 0', async () => {
    const rows = tensor(
      [
        [3, 4],
        [0, 0],
      ],
      dtype,
    );
    expect(await numbers(l2Norm(rows, { axis: 1 }))).toEqual([5, 0]);
    const slope = await numbers(grad((x: Tensor) => sum(l2Norm(x, { axis: 1 })))(rows));
    [0.6, 0.8, 0, 0].forEach((expected, i) => {
      expect(slope[i]).toBeCloseTo(expected, 6);
    });
  });

  it('quotients are rounded down, and count how often a number fits', async () => {
    expect(
      await numbers(floorDivide(tensor([-7, 7, -7, 1], dtype), tensor([3, -3, -3, 0.25], dtype))),
    ).toEqual([-3, -3, 2, 4]);
    expect(await numbers(remainder(tensor([-7, 7, -7, 6], dtype), tensor([3, -3, -3, 3], dtype)))).toEqual([
      2, -2, -1, 0,
    ]);
  });

  it('powers and logarithms of 2', async () => {
    expect(await numbers(exp2(tensor([-3, 0, 10], dtype)))).toEqual([0.125, 1, 1024]);
    expect(await numbers(log2(tensor([0.125, 1, 1024], dtype)))).toEqual([-3, 0, 10]);
    expect(await numbers(reciprocal(tensor([4, -0.5], dtype)))).toEqual([0.25, -2]);
  });
});

describe('laws hold in float64 for random numbers', () => {
  const between = (low: number, high: number) =>
    fc.array(fc.double({ min: low, max: high, noNaN: true }), { minLength: 30, maxLength: 30 });
  const laws: Record<string, [fc.Arbitrary<number[]>, (x: Tensor) => readonly [Tensor, Tensor]]> = {
    'expm1 and log1p undo each other': [between(-0.9, 20), (x) => [expm1(log1p(x)), x]],
    'erfinv undoes erf': [between(-2, 2), (x) => [erfinv(erf(x)), x]],
    'erf and erfc make 1': [between(-5, 5), (x) => [erf(x).add(erfc(x)), onesLike(x)]],
    'tan undoes atan': [between(-20, 20), (x) => [tan(atan(x)), x]],
    'sin undoes asin': [between(-1, 1), (x) => [asin(x).sin(), x]],
    'asin and acos make a right angle': [
      between(-1, 1),
      (x) => [asin(x).add(acos(x)), onesLike(x).mul(Math.PI / 2)],
    ],
    'sinh undoes asinh': [between(-50, 50), (x) => [sinh(asinh(x)), x]],
    'cosh undoes acosh': [between(1, 50), (x) => [cosh(acosh(x)), x]],
    'tanh undoes atanh': [between(-0.999, 0.999), (x) => [atanh(x).tanh(), x]],
    'atan2 finds the angle of a point': [between(-3.1, 3.1), (x) => [atan2(x.sin(), x.cos()), x]],
    'Γ(x + 1) = x Γ(x)': [between(0.01, 40), (x) => [lgamma(x.add(1)), lgamma(x).add(x.log())]],
    'ψ(x + 1) = ψ(x) + 1 / x': [
      between(0.01, 40),
      (x) => [digamma(x.add(1)), digamma(x).add(x.reciprocal())],
    ],
    'softplus(x) - softplus(-x) = x': [between(-30, 30), (x) => [softplus(x).sub(softplus(x.neg())), x]],
    'logAddExp of equals adds log 2': [between(-900, 900), (x) => [logAddExp(x, x), x.add(Math.LN2)]],
    'quotient and remainder make the dividend': [
      between(-50, 50),
      (x) => [floorDivide(x, 0.7).mul(0.7).add(remainder(x, 0.7)), x],
    ],
  };
  it.each(Object.keys(laws))('%s', async (name) => {
    const [numbersOf, law] = laws[name]!;
    await fc.assert(
      fc.asyncProperty(numbersOf, async (drawn) => {
        const [left, right] = await Promise.all(law(tensor(drawn, 'float64')).map(numbers));
        left!.forEach((value, i) => {
          const error = Math.abs(value - right![i]!);
          expect(error, `at ${drawn[i]}`).toBeLessThan(1e-11 * Math.max(1, Math.abs(right![i]!)));
        });
      }),
      { numRuns: 12, seed: 1 },
    );
  });
});

describe('elementwise functions', () => {
  it('anything to the power 0 is 1', async () => {
    expect(await numbers(pow(tensor(special, 'float64'), 0))).toEqual([1, 1, 1, 1, 1]);
  });

  it('0.1 fits nine times into 1, since it is a little more than a tenth', async () => {
    expect(await floorDivide(tensor([1], 'float64'), 0.1).toArray()).toEqual([9]);
  });

  it('sigmoid keeps its tail in float64', async () => {
    const [tail] = await numbers(sigmoid(tensor([-75], 'float64')));
    expect(tail! / Math.exp(-75)).toBeCloseTo(1, 12);
  });

  it('are methods too, the commonest of them', async () => {
    const x = tensor([0.25, -0.5], 'float64');
    for (const [result, expected] of [
      [x.reciprocal(), [4, -2]],
      [x.square(), [0.0625, 0.25]],
      [x.floor(), [0, -1]],
      [x.round(), [0, -0]],
      [x.relu(), [0.25, 0]],
      [x.clip(-0.3, 0.1), [0.1, -0.3]],
      [x.sin(), [Math.sin(0.25), Math.sin(-0.5)]],
      [x.cos(), [Math.cos(0.25), Math.cos(-0.5)]],
      [x.tanh(), [Math.tanh(0.25), Math.tanh(-0.5)]],
      [x.log1p(), [Math.log1p(0.25), Math.log1p(-0.5)]],
      [x.expm1(), [Math.expm1(0.25), Math.expm1(-0.5)]],
      [x.sigmoid(), [1 / (1 + Math.exp(-0.25)), 1 / (1 + Math.exp(0.5))]],
    ] as const) {
      (await numbers(result)).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 14);
      });
    }
  });

  it('keep the shape of tensors without elements', async () => {
    expect(await elu(zeros([0, 2])).toArray()).toEqual([]);
    expect(leakyRelu(zeros([3, 0])).shape).toEqual([3, 0]);
  });

  it.each<[() => unknown, string]>([
    [() => clip(tensor([true]), 0, 1), 'clip: expected numbers, got bool; convert it with cast()'],
    [() => clip(zeros([2]), zeros([3]), 1), 'clip: shapes do not broadcast: [2] and [3] and []'],
    [
      () => clip(zeros([2]), zeros([2], 'float64'), 1),
      'clip: dtypes differ: float32 and float64 and a number',
    ],
    [() => isNaNTensor(cast(zeros([2]), 'int32')), 'isNaN: expected float32 or float64, got int32'],
    [() => logicalXor(zeros([1]), zeros([1])), 'logicalXor: expected bool, got float32'],
    [() => exp2(zeros([1], 'int32')), 'exp2: expected float32 or float64, got int32'],
    [() => reciprocal(zeros([1], 'int32')), 'reciprocal: expected float32 or float64, got int32'],
    [() => l2Norm(zeros([1], 'int32')), 'l2Norm: expected float32 or float64, got int32'],
    [() => polygamma(-1, zeros([1])), 'polygamma: order: expected a non-negative integer, got -1'],
    [() => polygamma(1, zeros([1], 'int32')), 'polygamma: expected float32 or float64, got int32'],
  ])('case %#: %s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
