import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  abs,
  add,
  broadcastTo,
  cast,
  concat,
  cos,
  customGradient,
  div,
  erf,
  exp,
  expandAxis,
  greater,
  log,
  logSoftmax,
  logSumExp,
  matMul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mul,
  neg,
  normal,
  pad,
  pow,
  randomKey,
  relu,
  reshape,
  type Shape,
  sigmoid,
  sin,
  slice,
  softmax,
  split,
  splitKey,
  sqrt,
  squeeze,
  stack,
  sub,
  sum,
  swapAxes,
  type Tensor,
  take,
  takeAlong,
  tanh,
  tensor,
  transpose,
  uniform,
  variance,
  where,
} from '../index.js';
import { type Differentiable, gradientError, secondGradientError } from '../testing/gradients.js';

const tolerance = 1e-6;
const report: [name: string, first: number, second: number][] = [];

async function check(name: string, fn: Differentiable, ...inputs: Tensor[]): Promise<void> {
  const [first, second] = [await gradientError(fn, inputs), await secondGradientError(fn, inputs)];
  report.push([name, first, second]);
  expect(first, `${name}: first derivative`).toBeLessThan(tolerance);
  expect(second, `${name}: second derivative`).toBeLessThan(tolerance);
}

afterAll(() => {
  const width = Math.max(...report.map(([name]) => name.length));
  const line = ([name, first, second]: (typeof report)[number]) =>
    `${name.padEnd(width)}  ${first.toExponential(1)}  ${second.toExponential(1)}`;
  console.log(`largest relative errors of first and second derivatives\n${report.map(line).join('\n')}`);
});

const keys = splitKey(randomKey(7), 8);
/** Numbers in ±2, away from 0 where kinks are. */
const anywhere = (shape: Shape, key = 0) => {
  const size = uniform(keys[key]!, shape, { low: 0.2, high: 2, dtype: 'float64' });
  return where(greater(uniform(keys[key + 1]!, shape), 0.5), size, neg(size));
};
const positive = (shape: Shape, key = 0) =>
  uniform(keys[key]!, shape, { low: 0.3, high: 2.5, dtype: 'float64' });

describe('derivatives agree with central differences in float64', () => {
  const unary: Record<string, [(x: Tensor) => Tensor, (shape: Shape) => Tensor]> = {
    neg: [neg, anywhere],
    abs: [abs, anywhere],
    exp: [exp, anywhere],
    log: [log, positive],
    sqrt: [sqrt, positive],
    sin: [sin, anywhere],
    cos: [cos, anywhere],
    tanh: [tanh, anywhere],
    sigmoid: [sigmoid, anywhere],
    relu: [(x) => mul(relu(x), x), anywhere],
    erf: [erf, anywhere],
    'pow 3': [(x) => pow(x, 3), anywhere],
    'pow 0.5': [(x) => pow(x, 0.5), positive],
    'pow -1': [(x) => pow(x, -1), anywhere],
    'pow 1.7': [(x) => pow(x, 1.7), positive],
    'cast through float64': [(x) => cast(mul(x, x), 'float64'), anywhere],
  };
  it.each(Object.keys(unary))('%s', async (name) => {
    const [fn, inputs] = unary[name]!;
    await check(name, fn, inputs([2, 3]));
  });

  const binary: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    add: (a, b) => mul(add(a, b), a),
    sub: (a, b) => mul(sub(a, b), b),
    mul,
    div,
    pow: (a, b) => pow(add(abs(a), 0.3), b),
    maximum: (a, b) => mul(maximum(a, b), a),
    minimum: (a, b) => mul(minimum(a, b), b),
    where: (a, b) => where(greater(a, b), mul(a, b), mul(b, b)),
  };
  it.each(Object.keys(binary))('%s, with every kind of broadcasting', async (name) => {
    const shapes: [Shape, Shape][] = [
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[], [2, 2]],
    ];
    for (const [a, b] of shapes) await check(name, binary[name]!, anywhere(a), anywhere(b, 4));
  });

  const reductions: Record<string, (x: Tensor) => Tensor> = {
    'sum of an axis': (x) => sum(mul(x, x), { axis: 1 }),
    'sum of several axes': (x) => sum(mul(x, x), { axis: [0, -1], keepAxes: true }),
    mean: (x) => mean(mul(x, x), { axis: 0 }),
    max: (x) => max(mul(x, x), { axis: -1 }),
    min: (x) => min(mul(x, x), { axis: [0, 1] }),
    variance: (x) => variance(x, { axis: 1, keepAxes: true }),
    logSumExp: (x) => logSumExp(x, { axis: -1 }),
    softmax: (x) => softmax(x),
    'softmax of the first axis': (x) => softmax(x, 0),
    logSoftmax: (x) => logSoftmax(x),
  };
  it.each(Object.keys(reductions))('%s', async (name) => {
    await check(name, reductions[name]!, anywhere([2, 3, 2]));
  });

  const movements: Record<string, (x: Tensor) => Tensor> = {
    reshape: (x) => reshape(x, [4, -1]),
    broadcastTo: (x) => broadcastTo(expandAxis(x, 1), [2, 4, 3, 2]),
    transpose: (x) => transpose(x, [2, 0, 1]),
    swapAxes: (x) => swapAxes(x, 0, -1),
    slice: (x) => slice(x, [0, 1], [2, -1]),
    pad: (x) => pad(x, [1, 0, 2], [0, 3, 1]),
    concat: (x) => concat([x, mul(x, x)], 1),
    stack: (x) => stack([x, mul(x, x)], -1),
    split: (x) => mul(...(split(x, [1, 2], 1).map((piece) => sum(piece, { axis: 1 })) as [Tensor, Tensor])),
    squeeze: (x) => squeeze(slice(x, [1]), 0),
    take: (x) =>
      take(
        x,
        tensor(
          [
            [1, 0],
            [1, 1],
          ],
          'int32',
        ),
      ),
    'take of an inner axis': (x) => take(x, tensor([2, 0, 2, 1], 'int32'), 1),
    takeAlong: (x) =>
      takeAlong(
        x,
        tensor(
          [
            [
              [0, 1, 1],
              [1, 0, 0],
              [1, 1, 0],
            ],
            [
              [0, 0, 1],
              [1, 0, 1],
              [0, 0, 0],
            ],
          ],
          'int32',
        ),
      ),
  };
  it.each(Object.keys(movements))('%s', async (name) => {
    await check(name, (x) => movements[name]!(mul(x, x)), anywhere([2, 3, 2]));
  });

  const product = (a: Tensor, b: Tensor) => matMul(a, b);
  it('matMul in all four orientations and with batches', async () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const [a, b] = [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4]];
        await check(
          'matMul',
          (x, y) => matMul(x, y, { transposeA, transposeB }),
          anywhere(a),
          anywhere(b, 2),
        );
        const batched = [anywhere([2, 1, ...a]), anywhere([3, ...b], 2)] as const;
        await check('matMul, batches', (x, y) => matMul(x, y, { transposeA, transposeB }), ...batched);
      }
    }
    await check('matMul, batch by matrix', product, anywhere([2, 2, 3]), anywhere([3, 2], 2));
    await check('matMul, vectors', product, anywhere([3]), anywhere([3], 2));
    await check('matMul, matrix by vector', product, anywhere([2, 3]), anywhere([3], 2));
    await check('matMul, vector by matrices', product, anywhere([3]), anywhere([2, 3, 2], 2));
  });

  it('customGradient whose derivative is the true one', async () => {
    const cube = customGradient(
      (x: Tensor) => pow(x, 3),
      (cotangent, [x]) => [mul(cotangent, mul(pow(x, 2), 3))],
    );
    await check('customGradient', cube, anywhere([3]));
  });

  it('attention, end to end', async () => {
    const attention = (q: Tensor, k: Tensor, v: Tensor) =>
      matMul(softmax(matMul(q, k, { transposeB: true }).mul(0.7)), v);
    await check('attention', attention, anywhere([2, 3, 2]), anywhere([2, 3, 2], 2), anywhere([2, 3, 2], 4));
  });

  it('mul and add on random shapes that broadcast, with axes of length 0 and 1', async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc
          .array(fc.boolean(), { minLength: shape.length, maxLength: shape.length })
          .map((ones) => shape.map((n, i) => (ones[i] ? 1 : n))),
      ),
    );
    await fc.assert(
      fc.asyncProperty(shapes, async ([shape, other]) => {
        const inputs = [
          normal(keys[1]!, shape, { dtype: 'float64' }),
          normal(keys[2]!, other, { dtype: 'float64' }),
        ];
        expect(await gradientError((a, b) => mul(add(a, b), b), inputs)).toBeLessThan(tolerance);
      }),
      { numRuns: 25 },
    );
  });
});

describe('where derivatives are a matter of choice', () => {
  const gradientOf = async (fn: (x: Tensor) => Tensor, at: number[]) => {
    const { grad } = await import('../index.js');
    return [...(await grad((x: Tensor) => sum(fn(x)))(tensor(at)).data())];
  };

  it('relu has slope 0 at 0, and abs too', async () => {
    expect(await gradientOf(relu, [-1, 0, 1])).toEqual([0, 0, 1]);
    expect(await gradientOf(abs, [-1, 0, 1])).toEqual([-1, 0, 1]);
  });

  it('maximum shares between equals, max among ties', async () => {
    expect(await gradientOf((x) => maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1]);
    expect(await gradientOf((x) => max(x), [3, 1, 3])).toEqual([0.5, 0, 0.5]);
  });

  it('0 to a power that is learned has a finite slope', async () => {
    const { grad } = await import('../index.js');
    const slope = grad((b: Tensor) => sum(pow(tensor([0, 2]), b)))(tensor([2, 2]));
    const [zero, two] = await slope.data();
    expect(zero).toBe(0);
    expect(Number(two)).toBeCloseTo(4 * Math.LN2, 5);
  });
});
