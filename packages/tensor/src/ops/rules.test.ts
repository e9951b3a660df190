import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import * as e from '../index.js';
import { tensor } from '../index.js';
import {
  anywhere,
  derivativeErrors,
  drawExamples,
  drawInputs,
  draws,
  positive,
  type Rule,
  within,
} from '../testing/derivatives.js';
import { differentiablePrimitives } from '../testing/primitives.js';
import { unfold } from './windows.js';

const overlapping = { kernel: [2, 2], strides: [1, 1], dilation: [1, 1], before: [1, 0], after: [0, 1] };

/** Far from singular. */
const definite = (x: e.Tensor) =>
  e.add(e.matMul(x, x, { transposeB: true }), e.eye(x.length(-1), x.length(-1), 'float64'));
/** Eigenvalues and singular values that differ. */
const apart = (x: e.Tensor) => e.add(e.mul(x, 0.5), e.diag(tensor([3, 8], 'float64')));

/**
 * Every rule of differentiation, one line each: a function and the random inputs that it is checked with. An input without
 * axes takes any shape and broadcasts against the others; letters stand for random lengths. A primitive that no rule
 * here leads through fails the last test.
 */
const rules: Record<string, Rule> = {
  // Elementwise.
  neg: [(x) => e.neg(e.mul(x, x)), anywhere()],
  abs: [(x) => e.mul(e.abs(x), x), anywhere()],
  exp: [e.exp, anywhere()],
  log: [e.log, positive()],
  sqrt: [e.sqrt, positive()],
  sin: [e.sin, anywhere()],
  cos: [e.cos, anywhere()],
  tan: [e.tan, within(-1.2, 1.2)()],
  asin: [e.asin, within(-0.9, 0.9)()],
  acos: [e.acos, within(-0.9, 0.9)()],
  atan: [e.atan, anywhere()],
  atan2: [e.atan2, anywhere(), anywhere()],
  sinh: [e.sinh, anywhere()],
  cosh: [e.cosh, anywhere()],
  tanh: [e.tanh, anywhere()],
  asinh: [e.asinh, anywhere()],
  acosh: [e.acosh, within(1.3, 3)()],
  atanh: [e.atanh, within(-0.8, 0.8)()],
  sigmoid: [e.sigmoid, anywhere()],
  erf: [e.erf, anywhere()],
  erfc: [e.erfc, anywhere()],
  erfinv: [e.erfinv, within(-0.9, 0.9)()],
  lgamma: [e.lgamma, positive()],
  'lgamma of negative numbers': [e.lgamma, within(-2.8, -2.2)()],
  digamma: [e.digamma, positive()],
  'polygamma 2 of negative numbers': [(x) => e.polygamma(2, x), within(-1.7, -1.3)()],
  expm1: [e.expm1, anywhere()],
  log1p: [e.log1p, within(-0.7, 2)()],
  log2: [e.log2, positive()],
  exp2: [e.exp2, anywhere()],
  logAddExp: [e.logAddExp, anywhere(), anywhere()],
  l2Norm: [(x) => e.l2Norm(x, { axis: 0 }), anywhere('A', 'b')],
  square: [e.square, anywhere()],
  reciprocal: [e.reciprocal, anywhere()],
  identity: [(x) => e.jvp((y: e.Tensor) => e.exp(y), x, x)[1], anywhere()],
  // Activations.
  relu: [(x) => e.mul(e.relu(x), x), anywhere()],
  softplus: [e.softplus, anywhere()],
  gelu: [(x) => e.gelu(x), anywhere()],
  'gelu, approximate': [(x) => e.gelu(x, { approximate: 'tanh' }), anywhere()],
  silu: [e.silu, anywhere()],
  mish: [e.mish, anywhere()],
  elu: [(x) => e.elu(x, 1.3), anywhere()],
  leakyRelu: [(x) => e.mul(e.leakyRelu(x, 0.3), x), anywhere()],
  hardSigmoid: [(x) => e.mul(e.hardSigmoid(e.mul(x, 2)), x), anywhere()],
  hardSwish: [e.hardSwish, anywhere()],
  // Two and more operands.
  add: [(a, b) => e.mul(e.add(a, b), a), anywhere(), anywhere()],
  sub: [(a, b) => e.mul(e.sub(a, b), b), anywhere(), anywhere()],
  mul: [e.mul, anywhere(), anywhere()],
  div: [e.div, anywhere(), anywhere()],
  pow: [e.pow, positive(), anywhere()],
  'pow 1.5': [(x) => e.pow(x, 1.5), positive()],
  'pow -2.3': [(x) => e.pow(x, -2.3), positive()],
  maximum: [(a, b) => e.mul(e.maximum(a, b), a), anywhere(), anywhere()],
  minimum: [(a, b) => e.mul(e.minimum(a, b), b), anywhere(), anywhere()],
  clip: [(x, a, b) => e.mul(e.clip(x, a, b), x), anywhere(), within(-1, -0.5)(), within(0.5, 1)()],
  'clip between numbers': [(x) => e.mul(e.clip(x, -1.5, 0.9), x), anywhere()],
  remainder: [(a, b) => e.mul(e.remainder(a, b), a), within(0.2, 0.6)(), within(0.7, 2)()],
  where: [(a, b) => e.where(e.greater(a, b), e.mul(a, b), e.mul(b, b)), anywhere(), anywhere()],
  'roundThrough of what is whole': [(x) => e.exp(e.roundThrough(x, (each) => each)), anywhere()],
  customGradient: [
    e.customGradient(
      (x: e.Tensor) => e.pow(x, 3),
      (ct, [x]) => [e.mul(ct, e.mul(e.square(x), 3))],
    ),
    anywhere(),
  ],
  // Reductions, scans and order.
  sum: [(x) => e.sum(e.square(x), { axis: 1 }), anywhere('a', 'b', 'c')],
  'sum of all': [(x) => e.square(e.sum(x)), anywhere()],
  mean: [(x) => e.square(e.mean(x, { axis: 0 })), anywhere('A', 'b')],
  variance: [(x) => e.variance(x, { axis: -1, keepAxes: true }), anywhere('a', 'B')],
  max: [(x) => e.max(e.square(x), { axis: -1 }), anywhere('a', 'B')],
  min: [(x) => e.min(e.square(x), { axis: [0, 1] }), anywhere('A', 'B', 'c')],
  prod: [(x) => e.prod(x, { axis: 0 }), anywhere('a', 'b')],
  logSumExp: [(x) => e.logSumExp(x, { axis: 0 }), anywhere('A', 'b')],
  cumSum: [(x) => e.cumSum(e.square(x), { exclusive: true }), anywhere('a', 'b')],
  'cumSum from the end': [(x) => e.cumSum(e.square(x), { axis: 0, reverse: true }), anywhere('a', 'b')],
  sort: [(x) => e.sort(e.square(x)).values, anywhere('a', 'b')],
  topK: [(x) => e.topK(e.square(x), 2, 0).values, anywhere(4, 'b')],
  softmax: [(x) => e.softmax(x), anywhere('a', 'B')],
  'softmax of the first axis': [(x) => e.softmax(x, 0), anywhere('A', 'b')],
  logSoftmax: [(x) => e.logSoftmax(x), anywhere('a', 'B')],
  // Movement.
  reshape: [(x) => e.square(e.reshape(x, [x.size])), anywhere()],
  broadcastTo: [(x) => e.square(e.broadcastTo(x, [2, ...x.shape])), anywhere()],
  transpose: [(x) => e.square(e.transpose(x, [1, 2, 0])), anywhere('a', 'b', 'c')],
  slice: [(x) => e.square(e.slice(x, [1], [-1])), anywhere(4, 'b')],
  pad: [(x) => e.exp(e.pad(x, [1, 0], [0, 2])), anywhere('a', 'b')],
  concat: [(x, y) => e.square(e.concat([x, y, x], 1)), anywhere('a', 'b'), anywhere('a', 'c')],
  split: [(x) => e.split(e.exp(x), [1, 2]).reduce((a, b) => e.mul(a, e.sum(b))), anywhere(3, 'b')],
  flip: [(x) => e.square(e.flip(x, 0)), anywhere('a', 'b')],
  roll: [(x) => e.square(e.roll(x, 1)), anywhere('a', 'b')],
  tile: [(x) => e.square(e.tile(x, [2, 1])), anywhere('a', 'b')],
  tril: [(x) => e.square(e.tril(x)), anywhere('a', 'b')],
  'slice with steps': [(x) => e.square(e.slice(x, [-1], [undefined], [-2])), anywhere(4, 'b')],
  dynamicSlice: [(x) => e.exp(e.dynamicSlice(x, e.tensor(1, 'int32'), 2)), anywhere(4, 'b')],
  dynamicUpdateSlice: [
    (x, y) => e.exp(e.dynamicUpdateSlice(x, y, e.tensor(1, 'int32'))),
    anywhere(4, 'b'),
    anywhere(2, 'b'),
  ],
  scatterAdd: [
    (x, y) => e.exp(e.scatterAdd(x, tensor([2, 0, 2], 'int32'), y)),
    anywhere(3, 'b'),
    anywhere(3, 'b'),
  ],
  scatterSet: [
    (x, y) => e.exp(e.scatterSet(x, tensor([2, 0], 'int32'), y)),
    anywhere(3, 'b'),
    anywhere(2, 'b'),
  ],
  gatherNd: [
    (x) =>
      e.exp(
        e.gatherNd(
          x,
          tensor(
            [
              [1, 0],
              [0, 2],
            ],
            'int32',
          ),
        ),
      ),
    anywhere(2, 3, 'b'),
  ],
  take: [
    (x) =>
      e.square(
        e.take(
          x,
          tensor(
            [
              [1, 0],
              [1, 1],
            ],
            'int32',
          ),
        ),
      ),
    anywhere(2, 'b'),
  ],
  'take of an inner axis': [(x) => e.exp(e.take(x, tensor([2, 0, 2], 'int32'), 1)), anywhere('a', 3)],
  takeAlong: [
    (x) =>
      e.exp(
        e.takeAlong(
          x,
          tensor(
            [
              [0, 1, 1],
              [1, 0, 0],
            ],
            'int32',
          ),
        ),
      ),
    anywhere(2, 2),
  ],
  upsampleNearest: [(x) => e.exp(e.upsampleNearest(x, 2)), anywhere('A', 'B', 2, 3)],
  padReflect: [(x) => e.exp(e.padReflect(x, [0, 0, 1, 0], [0, 0, 0, 2])), anywhere('A', 1, 2, 3)],
  // Products, windows and norms.
  matMul: [(a, b) => e.matMul(a, b), anywhere('a', 'b'), anywhere('b', 'c')],
  'matMul, transposed': [
    (a, b) => e.matMul(a, b, { transposeA: true, transposeB: true }),
    anywhere('b', 'a'),
    anywhere('c', 'b'),
  ],
  'matMul, batches that broadcast': [
    (a, b) => e.matMul(a, b),
    anywhere('n', 1, 'a', 'b'),
    anywhere('m', 'b', 'c'),
  ],
  conv: [
    (x, w) => e.conv(x, w, { padding: 1, strides: 2 }),
    anywhere('n', 'C', 4, 3),
    anywhere('O', 'C', 3, 2),
  ],
  'conv, grouped and dilated': [
    (x, w) => e.conv(x, w, { groups: 2, dilation: 2 }),
    anywhere('n', 4, 5),
    anywhere(2, 2, 2),
  ],
  convTranspose: [
    (x, w) => e.convTranspose(x, w, { strides: 2, outputPadding: 1 }),
    anywhere('N', 'C', 2, 3),
    anywhere('C', 'O', 2, 3),
  ],
  unfold: [(x) => e.square(unfold(x, overlapping)), anywhere('n', 'C', 3, 2)],
  maxPool: [(x) => e.maxPool(e.square(x), { kernel: 2, strides: 1, padding: 1 }), anywhere('N', 'C', 3, 2)],
  'maxPool side by side': [(x) => e.maxPool(e.square(x), { kernel: [2, 1] }), anywhere('N', 'C', 5, 2)],
  'averagePool of windows that overlap': [
    (x) => e.square(e.averagePool(x, { kernel: 2, strides: 1 })),
    anywhere('N', 'C', 3, 2),
  ],
  averagePool: [(x) => e.square(e.averagePool(x, { kernel: [2, 1] })), anywhere('n', 'C', 4, 2)],
  layerNorm: [
    (x, a, b) => e.layerNorm(x, { scale: a, shift: b }),
    anywhere('n', 3),
    anywhere(3),
    anywhere(3),
  ],
  rmsNorm: [(x, a) => e.rmsNorm(x, { scale: a }), anywhere('n', 'C'), anywhere('C')],
  groupNorm: [(x, a) => e.groupNorm(x, 2, { scale: a }), anywhere('N', 4, 2), anywhere(4)],
  batchNorm: [
    (x, a, b) =>
      e.batchNorm(
        x,
        { mean: e.zeros([2], 'float64'), variance: e.ones([2], 'float64') },
        { scale: a, shift: b },
      ).output,
    anywhere(2, 2, 'C'),
    anywhere(2),
    anywhere(2),
  ],
  // Products over named axes, attention and linear algebra.
  einsum: [(a, b) => e.einsum('ij,kj->ik', a, b), anywhere('a', 'b'), anywhere('c', 'b')],
  diagonal: [(x) => e.square(e.diagonal(x, 1)), anywhere('a', 'b')],
  attention: [
    (q, k, v) => e.attention(q, k, v, { causal: true }),
    anywhere(2, 'a', 2),
    anywhere(1, 'B', 2),
    anywhere(1, 'B', 'c'),
  ],
  resize: [(x) => e.square(e.resize(x, [3, 2], { mode: 'bicubic' })), anywhere('N', 1, 2, 3)],
  cholesky: [(x) => e.cholesky(definite(x)), anywhere('n', 2, 2)],
  triangularSolve: [(x, y) => e.triangularSolve(definite(x), y), anywhere(2, 2), anywhere(2, 'b')],
  solve: [(x, y) => e.solve(definite(x), y), anywhere(2, 2), anywhere(2, 'b')],
  det: [(x) => e.det(definite(x)), anywhere('n', 2, 2)],
  qr: [(x) => e.qr(definite(x)).q, anywhere(2, 2)],
  eigh: [(x) => e.eigh(apart(x)).values, anywhere(2, 2)],
  'eigh, vectors': [(x) => e.square(e.eigh(apart(x)).vectors), anywhere(2, 2)],
  svd: [(x) => e.svd(apart(x)).values, anywhere(2, 2)],
  pseudoInverse: [(x) => e.pseudoInverse(definite(x)), anywhere(2, 2)],
  // Control flow.
  cond: [
    (x, y) => {
      const isNegative = e.less(e.sum(x), 0);
      return e.cond(
        isNegative,
        (a: e.Tensor, b: e.Tensor) => e.mul(a, e.exp(b)),
        (a, b) => e.mul(e.sin(a), b),
        x,
        y,
      );
    },
    anywhere(),
    anywhere(),
  ],
  checkpoint: [
    e.checkpoint((x: e.Tensor, y: e.Tensor) => e.tanh(e.mul(e.exp(x), y))),
    anywhere(),
    anywhere(),
  ],
  scan: [
    (carry, xs, factor) => {
      const step = (state: e.Tensor, x: e.Tensor) => {
        const next = e.tanh(e.add(e.mul(state, factor), x));
        return [next, e.mul(next, x)] as const;
      };
      const [last, all] = e.scan(step, carry, xs);
      return e.mul(last, e.sum(all, { axis: 0 }));
    },
    anywhere('b'),
    anywhere('n', 'b'),
    anywhere('b'),
  ],
};

/** Primitives whose rule is not their derivative on purpose, or cannot be measured; tests of their own say what it is. */
const byDesign = new Set(['cast', 'fakeQuantize', 'whileLoop']);

const folder = fileURLToPath(new URL('..', import.meta.url));
const tolerance = 1e-6;
const covered = new Set<string>();
const report = new Map<string, { first: number; second: number }>();

afterAll(() => {
  const lines = [...report].map(
    ([name, { first, second }]) => `${first.toExponential(1)}  ${second.toExponential(1)}  ${name}`,
  );
  console.log(`largest relative errors of first and second derivatives\n${lines.join('\n')}`);
});

describe('derivatives of both orders agree with central differences, in float64', () => {
  it.each(Object.keys(rules))('%s', async (name) => {
    const [fn, ...inputs] = rules[name]!;
    await fc.assert(
      fc.asyncProperty(draws, async (draw) => {
        const { first, second, primitives } = await derivativeErrors(fn, drawInputs(inputs, draw));
        for (const each of primitives) covered.add(each);
        const before = report.get(name) ?? { first: 0, second: 0 };
        report.set(name, {
          first: Math.max(before.first, first),
          second: Math.max(before.second, second),
        });
        expect(first, 'first derivative').toBeLessThan(tolerance);
        expect(second, 'second derivative').toBeLessThan(tolerance);
      }),
      { numRuns: 7, seed: 1, examples: drawExamples },
    );
  });

  it('cast passes cotangents on in the dtype of its input', async () => {
    const factor = tensor([1.5, -3, 0.25], 'float64');
    const slope = e.grad((x: e.Tensor) => e.sum(e.mul(e.cast(x, 'float64'), factor)))(tensor([1, 2, 3]));
    expect(slope.dtype).toBe('float32');
    expect(await slope.toArray()).toEqual([1.5, -3, 0.25]);
  });

  it('and no primitive with a derivative is left out', () => {
    const missing = [...differentiablePrimitives(folder)].filter(
      (name) => !covered.has(name) && !byDesign.has(name),
    );
    expect(missing).toEqual([]);
  });
});
