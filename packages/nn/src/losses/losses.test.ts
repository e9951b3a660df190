import { readFileSync } from 'node:fs';
import { compile, grad, normal, randomKey, type Tensor, tensor, valueAndGrad } from '@evenkeel/tensor';
import { gradientError, secondGradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binaryCrossEntropy,
  crossEntropy,
  discriminatorLoss,
  distillation,
  generatorLoss,
  hinge,
  huber,
  infoNce,
  klDivergence,
  meanAbsoluteError,
  meanSquaredError,
  multiClassHinge,
  smoothL1,
} from '../index.js';

/** Computed by bench/nn-golden/make_losses.py. */
const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as {
  logits: number[][];
  others: number[][];
  targets: number[][];
  cases: Record<string, { loss: number; gradient: number[][] }>;
};
const [logits, others, targets] = [golden.logits, golden.others, golden.targets].map((each) =>
  tensor(each, 'float64'),
) as [Tensor, Tensor, Tensor];
const labels = tensor([2, 0, 1, 2], 'int32');
const partly = tensor([2, -1, 1, -1], 'int32');
const classWeights = tensor([0.5, 2, 1.25], 'float64');
const signs = tensor(
  [
    [1, -1, 1],
    [-1, -1, 1],
    [1, 1, -1],
    [-1, 1, 1],
  ],
  'float64',
);
const all = { classWeights, ignoreIndex: -1, labelSmoothing: 0.2 };
const losses: Record<string, (x: Tensor) => Tensor> = {
  smoothed: (x) => crossEntropy(x, labels, { labelSmoothing: 0.1 }),
  weighted: (x) => crossEntropy(x, labels, { classWeights }),
  ignored: (x) => crossEntropy(x, partly, { ignoreIndex: -1 }),
  all: (x) => crossEntropy(x, partly, all),
  allSum: (x) => crossEntropy(x, partly, { ...all, reduction: 'sum' }),
  binary: (x) => binaryCrossEntropy(x, targets),
  binaryPositive: (x) => binaryCrossEntropy(x, targets, { positiveWeight: 3 }),
  meanSquaredError: (x) => meanSquaredError(x, targets),
  meanAbsoluteError: (x) => meanAbsoluteError(x, targets),
  huber: (x) => huber(x, targets, { delta: 0.7 }),
  smoothL1: (x) => smoothL1(x, targets, { beta: 0.7 }),
  klDivergence: (x) => klDivergence(x, others),
  distillation: (x) => distillation(x, others, labels, { temperature: 3, mixture: 0.3 }),
  infoNce: (x) => infoNce(x, others, { temperature: 0.2 }),
  infoNceSymmetric: (x) => infoNce(x, others, { temperature: 0.2, symmetric: true }),
  hinge: (x) => hinge(x, signs),
  multiClassHinge: (x) => multiClassHinge(x, labels, { margin: 0.5 }),
};
const numbersOf = async (each: Tensor) => Array.from(await each.data(), Number);

describe('losses', () => {
  it.each(Object.entries(losses))('%s and its gradient agree with PyTorch', async (name, loss) => {
    const [value, gradient] = valueAndGrad(loss)(logits);
    const expected = golden.cases[name]!;
    expect(await value.item()).toBeCloseTo(expected.loss, 12);
    const exact = expected.gradient.flat();
    (await numbersOf(gradient)).forEach((each, i) => {
      expect(each).toBeCloseTo(exact[i]!, 12);
    });
  });

  it.each(Object.entries(losses))('%s has right derivatives, first and second', async (_, loss) => {
    const at = normal(randomKey(3), [4, 3], { dtype: 'float64' });
    expect(await gradientError(loss, [at])).toBeLessThan(1e-6);
    expect(await secondGradientError(loss, [at])).toBeLessThan(1e-6);
  });

  it.each(Object.keys(losses))('%s is finite at ±1e4 in float32, with a finite gradient', async (name) => {
    const extreme = [1e4, -1e4, 0, -1e4].map((each) => [each, -each, 3]);
    const narrow = (each: Tensor) => each.cast('float32');
    const weights = narrow(classWeights);
    const wide = narrow(others).mul(1e4);
    const float32: Record<string, (x: Tensor) => Tensor> = {
      ...losses,
      weighted: (x) => crossEntropy(x, labels, { classWeights: weights }),
      all: (x) => crossEntropy(x, partly, { ...all, classWeights: weights }),
      allSum: (x) => crossEntropy(x, partly, { ...all, classWeights: weights, reduction: 'sum' }),
      binary: (x) => binaryCrossEntropy(x, narrow(targets)),
      binaryPositive: (x) => binaryCrossEntropy(x, narrow(targets), { positiveWeight: 3 }),
      meanSquaredError: (x) => meanSquaredError(x, narrow(targets)),
      meanAbsoluteError: (x) => meanAbsoluteError(x, narrow(targets)),
      huber: (x) => huber(x, narrow(targets)),
      smoothL1: (x) => smoothL1(x, narrow(targets)),
      klDivergence: (x) => klDivergence(x, wide),
      distillation: (x) => distillation(x, wide, labels),
      infoNce: (x) => infoNce(x, wide),
      infoNceSymmetric: (x) => infoNce(x, wide, { symmetric: true }),
      hinge: (x) => hinge(x, narrow(signs)),
    };
    const [value, gradient] = valueAndGrad(float32[name]!)(tensor(extreme));
    expect(Number.isFinite(await value.item())).toBe(true);
    for (const each of await numbersOf(gradient)) expect(Number.isFinite(each)).toBe(true);
  });

  it('binary cross-entropy keeps its digits where it is nearly 0', async () => {
    const far = tensor([-20, 20, 1e4]);
    const single = binaryCrossEntropy(far, tensor([0, 1, 0]), { reduction: 'none' });
    const [first, second, third] = await numbersOf(single);
    expect(first! / Math.exp(-20)).toBeCloseTo(1, 5);
    expect(second! / Math.exp(-20)).toBeCloseTo(1, 5);
    expect(third).toBe(1e4);
  });

  it('an ignored sample has no loss and no gradient, whatever its logits', async () => {
    const x = tensor([
      [1, 2],
      [Number.NaN, 1],
    ]);
    const options = { ignoreIndex: -100, reduction: 'none' } as const;
    const loss = crossEntropy(x, tensor([0, -100], 'int32'), options);
    const [kept, ignored] = await numbersOf(loss);
    expect(kept).toBeCloseTo(Math.log(1 + Math.E), 5);
    expect(ignored).toBe(0);
    const program = compile((labels: Tensor) => crossEntropy(x, labels, options));
    await expect(program(tensor([0, -1], 'int32'))).rejects.toThrow('is outside');
    await program.release();
  });

  it('distributions that are the same have no divergence, also when shifted', async () => {
    const values = await numbersOf(klDivergence(logits.add(5), logits, { reduction: 'none' }));
    for (const value of values) expect(value).toBeCloseTo(0, 12);
  });

  it('divergence is never negative, and InfoNCE does not see lengths', async () => {
    const row = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(row, row, fc.double({ min: 0.1, max: 100, noNaN: true }), async (p, q, length) => {
        const [one, other] = [tensor(p, 'float64'), tensor(q, 'float64')];
        expect(await klDivergence(one, other).item()).toBeGreaterThan(-1e-12);
        const scaled = await infoNce(logits.mul(length), others).item();
        expect(scaled).toBeCloseTo(await infoNce(logits, others).item(), 9);
      }),
      { numRuns: 15 },
    );
  });

  it('InfoNCE is finite where a row is zero', async () => {
    const rows = tensor([
      [0, 0],
      [1, 2],
    ]);
    for (const each of await numbersOf(grad((x: Tensor) => infoNce(x, x))(rows))) {
      expect(Number.isFinite(each)).toBe(true);
    }
  });
});

describe('adversarial losses', () => {
  const real = tensor([2, -0.5], 'float64');
  const fake = tensor([1, -3, 0.5], 'float64');
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;

  it('are what their papers write', async () => {
    const expected = {
      nonSaturating: [
        mean([2, -0.5].map((x) => softplus(-x))) + mean([1, -3, 0.5].map(softplus)),
        mean([1, -3, 0.5].map((x) => softplus(-x))),
      ],
      leastSquares: [(1 + 2.25) / 4 + (1 + 9 + 0.25) / 6, (0 + 16 + 0.25) / 6],
      hinge: [(0 + 1.5) / 2 + (2 + 0 + 1.5) / 3, 0.5],
    } as const;
    for (const game of ['nonSaturating', 'leastSquares', 'hinge'] as const) {
      expect(await discriminatorLoss(real, fake, game).item()).toBeCloseTo(expected[game][0], 12);
      expect(await generatorLoss(fake, game).item()).toBeCloseTo(expected[game][1], 12);
      expect(await gradientError((a, b) => discriminatorLoss(a!, b!, game), [real, fake])).toBeLessThan(1e-6);
      expect(await gradientError((a) => generatorLoss(a!, game), [fake])).toBeLessThan(1e-6);
    }
  });

  it('are finite at ±1e4 in float32', async () => {
    const far = tensor([1e4, -1e4]);
    for (const game of ['nonSaturating', 'leastSquares', 'hinge'] as const) {
      const [value, slopes] = valueAndGrad((x: Tensor) => discriminatorLoss(x, x, game))(far);
      expect(Number.isFinite(await value.item())).toBe(true);
      for (const each of await numbersOf(slopes)) expect(Number.isFinite(each)).toBe(true);
    }
    expect(await generatorLoss(far).item()).toBe(5e3);
  });

  it('refuse other games and scores', () => {
    expect(() => generatorLoss(fake, 'chess' as 'hinge')).toThrow(
      'generatorLoss: game must be nonSaturating',
    );
    expect(() => generatorLoss(labels)).toThrow('generatorLoss: expected scores of a float dtype, got int32');
  });
});

describe('losses refuse', () => {
  it('shapes and dtypes that do not fit', () => {
    const row = tensor([[1, 2, 3]]);
    expect(() => meanSquaredError(row, tensor([1]))).toThrow(
      'meanSquaredError: predictions [1, 3] want targets of the same shape, got [1]',
    );
    expect(() => huber(logits, logits.cast('float32'))).toThrow(
      'huber: predictions and targets must be of one float dtype, got float64 and float32',
    );
    expect(() => crossEntropy(logits, labels, { classWeights: tensor([1, 2], 'float64') })).toThrow(
      'crossEntropy: logits [4, 3] want classWeights [3], got [2]',
    );
    expect(() => crossEntropy(logits, labels, { classWeights: tensor([1, 2, 3]) })).toThrow(
      'crossEntropy: classWeights must be float64 like the logits, got float32',
    );
    expect(() => infoNce(row, row)).toThrow('infoNce: expected queries of shape [pairs, width]');
    expect(() => klDivergence(tensor(1), tensor(1))).toThrow('klDivergence: expected logits of shape');
  });

  it('labels, targets and settings outside their range', () => {
    expect(() => crossEntropy(logits, partly)).toThrow('crossEntropy: label -1 is outside [0, 3)');
    expect(() => multiClassHinge(logits, partly)).toThrow('multiClassHinge: label -1 is outside [0, 3)');
    expect(() => crossEntropy(logits, labels, { labelSmoothing: 1.5 })).toThrow('labelSmoothing must be in');
    expect(() => crossEntropy(logits, labels, { ignoreIndex: 0.5 })).toThrow(
      'ignoreIndex must be an integer',
    );
    expect(() => binaryCrossEntropy(logits, logits)).toThrow(/target .* is outside \[0, 1\]/);
    expect(() => binaryCrossEntropy(logits, targets, { positiveWeight: -1 })).toThrow('positiveWeight must');
    expect(() => hinge(logits, targets)).toThrow('hinge: signs must be -1 or 1');
    expect(() => hinge(logits, signs, { margin: 0 })).toThrow('hinge: margin must be positive');
    expect(() => huber(logits, targets, { delta: 0 })).toThrow('huber: delta must be positive');
    expect(() => smoothL1(logits, targets, { beta: -1 })).toThrow('smoothL1: beta must be positive');
    expect(() => infoNce(logits, others, { temperature: 0 })).toThrow(
      'infoNce: temperature must be positive',
    );
    expect(() => distillation(logits, others, labels, { mixture: 2 })).toThrow('mixture must be in [0, 1]');
  });
});
