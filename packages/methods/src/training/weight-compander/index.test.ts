import { Conv, chain, fit, fold, Linear, materialize, relu, reparameterize, repeat, sgd } from '@evenkeel/nn';
import {
  cast,
  flatten,
  grad,
  greater,
  matMul,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from '@evenkeel/tensor';
import { gradientError, secondGradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import { anyLoss } from '../anyloss/index.js';
import { perpGrad } from '../grokking-edge/index.js';
import golden from './golden.json' with { type: 'json' };
import {
  type CompandedWeight,
  type CompanderKind,
  compand,
  companderBound,
  companderPenalty,
  companderSlope,
  inverseCompand,
  slowShape,
  weightCompander,
  weightHistogram,
  weightStatistics,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const kinds: readonly CompanderKind[] = ['arctan', 'tanh', 'softsign', 'identity'];
const shapeOf = ({ kind, a, b }: { kind?: CompanderKind; a: number; b: number }) => ({
  ...(kind && { kind }),
  a,
  b,
});

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    weightCompander: {
      async run({ inputs, options }) {
        const { kind, a, b } = shapeOf(options);
        const [v, upstream] = [float64(inputs.v), float64(inputs.upstream)];
        const of = (at: { v: Tensor; a: Tensor; b: Tensor }) =>
          compand(at.v, { ...(kind && { kind }), a: at.a, b: at.b })
            .mul(upstream)
            .sum();
        const gradients = grad(of)({ v, a: float64(a), b: float64(b) });
        return {
          w: await compand(v, shapeOf(options)).toArray(),
          gradV: await gradients.v.toArray(),
          gradA: await gradients.a.item(),
          gradB: await gradients.b.item(),
        };
      },
    },
    inverseCompander: {
      run: async ({ inputs, options }) => ({
        v: await inverseCompand(float64(inputs.w), shapeOf(options)).toArray(),
      }),
    },
    linearStep: {
      async run({ inputs, options }) {
        const halfSquares = 'half sum of squares of x w^T - target';
        requireOption('loss', options.loss ?? halfSquares, [halfSquares]);
        const [v, x, target] = [float64(inputs.v), float64(inputs.x), float64(inputs.target)];
        const lossOf = (at: Tensor) =>
          matMul(x, compand(at, shapeOf(options)).transpose())
            .sub(target)
            .square()
            .sum()
            .div(2);
        const [loss, gradV] = valueAndGrad(lossOf)(v);
        const vAfter = v.sub(gradV.mul(options.lr));
        return {
          loss: await loss.item(),
          gradV: await gradV.toArray(),
          vAfter: await vAfter.toArray(),
          wAfter: await compand(vAfter, shapeOf(options)).toArray(),
        };
      },
    },
  });
});

describe('the compander', () => {
  it('has the values and slopes of the arctangent', async () => {
    const [v, unit] = [float64([1, -3, 0]), { a: 1, b: 1 }];
    const [w, slopes] = [await numbersOf(compand(v, unit)), await numbersOf(companderSlope(v, unit))];
    [0.78539816, -1.2490458, 0].forEach((each, i) => {
      expect(w[i]).toBeCloseTo(each, 7);
    });
    [0.5, 0.1, 1].forEach((each, i) => {
      expect(slopes[i]).toBeCloseTo(each, 12);
    });
  });

  it('has the derivatives by v, a and b', async () => {
    const of = ({ v, a, b }: Record<'v' | 'a' | 'b', Tensor>) => compand(v, { a, b });
    const at = { v: float64(2), a: float64(0.5), b: float64(0.25) };
    expect(await of(at).item()).toBeCloseTo(0.72322067, 8);
    const slopes = grad(of)(at);
    expect(await slopes.v.item()).toBeCloseTo(2 / 65, 12);
    expect(await slopes.a.item()).toBeCloseTo(Math.atan(8), 12);
    expect(await slopes.b.item()).toBeCloseTo(-16 / 65, 12);
  });

  it.each(kinds)(
    '%s: derivatives are those of finite differences, and the slope is what it says',
    async (kind) => {
      const inputs = [float64([0.3, -0.7, 1.5]), float64(0.6), float64(0.4)];
      const of = (v: Tensor, a: Tensor, b: Tensor) => compand(v, { kind, a, b });
      expect(await gradientError(of, inputs)).toBeLessThan(1e-6);
      expect(await secondGradientError(of, inputs)).toBeLessThan(1e-6);
      const slope = grad((v: Tensor) => compand(v, { kind, a: 0.6, b: 0.4 }).sum())(inputs[0]!);
      const difference = slope.sub(companderSlope(inputs[0]!, { kind, a: 0.6, b: 0.4 }));
      expect(await difference.abs().max().item()).toBeLessThan(1e-14);
    },
  );

  it.each(kinds)(
    '%s: is odd, increasing, bounded, of slope a / b at 0, and its own inverse back',
    async (kind) => {
      const shape = { kind, a: 0.3, b: 0.2 };
      const v = [-2, -0.5, -0.01, 0, 0.01, 0.5, 2];
      const w = await numbersOf(compand(float64(v), shape));
      w.forEach((each, i) => {
        expect(each).toBeCloseTo(-w[v.length - 1 - i]!, 14);
        expect(Math.abs(each)).toBeLessThan(companderBound(shape));
        if (i > 0) expect(each).toBeGreaterThan(w[i - 1]!);
      });
      expect(await companderSlope(float64(0), shape).item()).toBeCloseTo(1.5, 14);
      const back = await numbersOf(inverseCompand(float64(w), shape));
      back.forEach((each, i) => {
        expect(each).toBeCloseTo(v[i]!, 7);
      });
    },
  );

  it('reaches its bound by rounding only', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const far = await compand(tensor(1e30, dtype), { a: 0.12, b: 0.12 }).item();
      expect(Math.abs(far - 0.12 * (Math.PI / 2))).toBeLessThan(1e-7);
      const slope = await grad((v: Tensor) => compand(v, { a: 0.12, b: 0.12 }))(tensor(1e30, dtype)).item();
      expect(slope).toBeGreaterThanOrEqual(0);
      expect(slope).toBeLessThan(1e-30);
    }
  });

  it('scales: Ψ(v; c a, b) = c Ψ(v; a, b) and Ψ(c v; a, c b) = Ψ(v; a, b)', async () => {
    const positive = fc.double({ min: 0.05, max: 5, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 4 }),
        positive,
        positive,
        positive,
        async (kind, v, a, b, c) => {
          const w = await numbersOf(compand(float64(v), { kind, a, b }));
          const taller = await numbersOf(compand(float64(v), { kind, a: c * a, b }));
          const wider = await numbersOf(compand(float64(v).mul(c), { kind, a, b: c * b }));
          w.forEach((each, i) => {
            expect(taller[i]).toBeCloseTo(c * each, 9);
            expect(wider[i]).toBeCloseTo(each, 9);
          });
        },
      ),
      { numRuns: 10 },
    );
  });

  it('obeys Euler: a dL/da = Σ G w and b dL/db = -Σ dL/dv v', async () => {
    const [v, upstream, a, b] = [
      float64([0.4, -1.2, 0.03]),
      float64([1, -2, 0.5]),
      float64(0.7),
      float64(0.2),
    ];
    for (const kind of kinds) {
      const of = (at: Record<'v' | 'a' | 'b', Tensor>) =>
        compand(at.v, { kind, a: at.a, b: at.b }).mul(upstream).sum();
      const slopes = grad(of)({ v, a, b });
      const byA = await upstream.mul(compand(v, { kind, a, b })).sum().item();
      expect(await slopes.a.mul(a).item()).toBeCloseTo(byA, 12);
      expect(await slopes.b.mul(b).item()).toBeCloseTo(-(await slopes.v.mul(v).sum().item()), 12);
    }
  });

  it('becomes the identity as a = b grows', async () => {
    const w = await numbersOf(compand(float64([0.5, -2]), { a: 100, b: 100 }));
    [0.5, -2].forEach((v, i) => {
      expect(w[i]! - v).toBeCloseTo(-(v ** 3) / (3 * 100 ** 2), 6);
    });
  });

  it('has slopes of (a / b) cos²(w / a) in terms of the weight', async () => {
    const [v, shape] = [float64([0, 0.1, -0.4]), { a: 0.5, b: 0.25 }];
    const [w, slopes] = [await numbersOf(compand(v, shape)), await numbersOf(companderSlope(v, shape))];
    w.forEach((each, i) => {
      expect(slopes[i]).toBeCloseTo(2 * Math.cos(each / 0.5) ** 2, 12);
    });
  });

  it('finds the free parameters of given weights', async () => {
    const [first, second] = await numbersOf(inverseCompand(float64([0.05, -0.1]), { a: 0.12, b: 0.12 }));
    expect(first).toBeCloseTo(0.053109646, 8);
    expect(second).toBeCloseTo(-0.1320934, 7);
  });
});

const inputs = normal(randomKey(1), [32, 4]);
const labels = cast(greater(inputs.sum({ axis: 1 }), 1), 'int32');

class Network {
  readonly hidden: Linear;
  readonly output: Linear;

  constructor() {
    const [first, second] = splitKey(randomKey(0));
    this.hidden = new Linear(first, 4, 16);
    this.output = new Linear(second, 16, 1);
  }

  /** Logits `[samples]`. */
  call(x: Tensor): Tensor {
    return this.output.call(relu(this.hidden.call(x))).reshape([x.length(0)]);
  }
}

const wide = { a: 0.5, b: 0.5 };
const companded = (options: Parameters<typeof weightCompander>[0] = wide) =>
  reparameterize(new Network(), /weight$/, weightCompander(options));
const freeOf = (free: unknown) => free as CompandedWeight;

describe('weightCompander', () => {
  it('begins with the weights of the model, or with their images', async () => {
    const { hidden } = new Network();
    const kept = (await companded()).weights()['hidden.weight']!;
    expect(await kept.sub(hidden.weight).abs().max().item()).toBeLessThan(1e-6);
    const direct = (await companded({ ...wide, init: 'direct' })).weights()['hidden.weight']!;
    expect(await direct.toArray()).toEqual(await compand(hidden.weight, wide).toArray());
  });

  it('trains like the plain network where a = b is huge', async () => {
    const start = await companded({ a: 1e6, b: 1e6 });
    const squares = (network: Network) => network.call(inputs).sub(cast(labels, 'float32')).square().mean();
    const settings = { optimizer: sgd({ learningRate: 0.1 }), steps: 20 };
    const plain = await fit({ model: new Network(), loss: squares, batches: repeat({}), ...settings });
    const bent = await fit({
      model: start,
      loss: (model) => squares(materialize(model)),
      batches: repeat({}),
      ...settings,
    });
    expect(Math.abs(bent.loss - plain.loss)).toBeLessThan(1e-4);
    expect(plain.loss).toBeLessThan(await squares(new Network()).item());
  });

  it('keeps every weight within the bound, whatever the steps', async () => {
    const start = await companded();
    const { model } = await fit({
      model: start,
      loss: (at) => materialize(at).call(inputs).sub(100).square().mean(),
      optimizer: sgd({ learningRate: 1e-3, momentum: 0.9 }),
      batches: repeat({}),
      steps: 50,
    });
    const plain = await fold(model);
    const { largest } = weightStatistics([plain.hidden.weight, plain.output.weight]);
    expect(await largest.item()).toBeLessThanOrEqual(companderBound(wide) * (1 + 1e-6));
    expect(await plain.call(inputs).toArray()).toEqual(await materialize(model).call(inputs).toArray());
  });

  it('works for convolution kernels', async () => {
    const conv = new Conv(randomKey(0), 2, 3, [3, 3], { padding: 'same' });
    const model = await reparameterize(conv, /^weight$/, weightCompander(wide));
    const images = normal(randomKey(2), [1, 2, 5, 5]);
    const difference = materialize(model).call(images).sub(conv.call(images));
    expect(await difference.abs().max().item()).toBeLessThan(1e-5);
  });

  it('learns a and b for each tensor, or one pair for all, once in the tree', async () => {
    const shapePaths = async (learn: 'perTensor' | 'shared') =>
      flatten(await companded({ ...wide, learn })).paths.filter((path) => path.includes('.shape.'));
    expect(await shapePaths('perTensor')).toEqual([
      'free.hidden.weight.shape.logA',
      'free.hidden.weight.shape.logB',
      'free.output.weight.shape.logA',
      'free.output.weight.shape.logB',
    ]);
    expect(await shapePaths('shared')).toEqual([
      'free.hidden.weight.shape.logA',
      'free.hidden.weight.shape.logB',
    ]);
  });

  it('slows learned shapes, and nothing else', async () => {
    const start = await companded({ ...wide, learn: 'perTensor' });
    const loss = (at: typeof start) => materialize(at).call(inputs).square().mean();
    const stepOf = async (optimizer: ReturnType<typeof chain>) => {
      const { model } = await fit({ model: start, loss, optimizer, batches: repeat({}), steps: 1 });
      const [before, after] = [freeOf(start.free['hidden.weight']), freeOf(model.free['hidden.weight'])];
      return {
        v: await after.v.sub(before.v).abs().max().item(),
        logA: await after.shape!.logA.sub(before.shape!.logA).abs().item(),
      };
    };
    const full = await stepOf(chain(sgd({ learningRate: 0.1 })));
    const slow = await stepOf(chain(sgd({ learningRate: 0.1 }), slowShape(0.01)));
    expect(slow.v).toBeCloseTo(full.v, 7);
    expect(slow.logA / full.logA).toBeCloseTo(0.01, 3);
  });

  it('clips initial weights when it may, and says how many', async () => {
    const messages: string[] = [];
    const [weight, narrow] = [{ weight: float64([0.1, -0.3, 0.15, 5]) }, { a: 0.1, b: 0.1 }];
    const clipped = await reparameterize(
      weight,
      /weight/,
      weightCompander({ ...narrow, clip: true, onWarning: (message) => messages.push(message) }),
    );
    expect(messages).toEqual(['weightCompander: clipped 2 of 4 weights of weight to ±0.15']);
    const w = await numbersOf(clipped.weights().weight!);
    [0.1, -0.15, 0.15, 0.15].forEach((each, i) => {
      expect(w[i]).toBeCloseTo(each, 12);
    });
  });

  it('decays free parameters or weights by a penalty', async () => {
    const model = await companded({ ...wide, init: 'direct' });
    const { hidden, output } = new Network();
    const squares = async (weights: readonly Tensor[]) =>
      (await Promise.all(weights.map((each) => each.square().sum().item()))).reduce((a, b) => a + b);
    const [v, w] = [[hidden.weight, output.weight], Object.values(model.weights())];
    expect(await companderPenalty(model, 0.2).item()).toBeCloseTo(0.1 * (await squares(v)), 5);
    expect(await companderPenalty(model, 0.2, { target: 'w' }).item()).toBeCloseTo(
      0.1 * (await squares(w)),
      5,
    );
  });

  it('trains together with ⊥Grad and AnyLoss', async () => {
    const f1 = anyLoss('fbeta', { from: 'logits', steepness: 10 });
    const start = await companded({ a: 1, b: 1 });
    const { model, loss } = await fit({
      model: start,
      loss: (at, batch) => f1(materialize(at).call(batch.inputs), batch.labels),
      optimizer: chain(perpGrad({ exclude: (path) => !path.endsWith('.v') }), sgd({ learningRate: 0.5 })),
      batches: repeat({ inputs, labels }),
      steps: 200,
    });
    expect(await f1(new Network().call(inputs), labels).item()).toBeGreaterThan(0.4);
    expect(loss).toBeLessThan(0.2);
    const { largest } = weightStatistics(Object.values(model.weights()));
    expect(await largest.item()).toBeLessThan(Math.PI / 2);
  });
});

describe('weight statistics', () => {
  it('are those of all weights taken together', async () => {
    const { largest, kurtosis, shareNearZero } = weightStatistics([
      float64([[1, -1]]),
      float64([0.001, -2, 2]),
    ]);
    expect(await largest.item()).toBe(2);
    expect(await shareNearZero.item()).toBeCloseTo(0.2, 12);
    const values = [1, -1, 0.001, -2, 2];
    const mean = values.reduce((a, b) => a + b) / 5;
    const moment = (k: number) => values.reduce((total, each) => total + (each - mean) ** k, 0) / 5;
    expect(await kurtosis.item()).toBeCloseTo(moment(4) / moment(2) ** 2, 12);
  });

  it('count weights in bins', async () => {
    const histogram = await weightHistogram([float64([-0.9, -0.1, 0.1, 0.2, 7])], { range: 1, bins: 4 });
    expect(histogram).toEqual({ centres: [-0.75, -0.25, 0.25, 0.75], shares: [0.2, 0.2, 0.4, 0.2] });
  });
});

describe('bad input', () => {
  const v = () => float64([0.1]);
  it.each([
    [
      'a of 0',
      () => weightCompander({ a: 0, b: 1 }),
      'weightCompander: a must be positive and finite, got 0',
    ],
    ['a negative b', () => compand(v(), { a: 1, b: -1 }), 'compand: b must be positive and finite, got -1'],
    [
      'an infinite a',
      () => compand(v(), { a: Number.POSITIVE_INFINITY, b: 1 }),
      'compand: a must be positive and finite, got Infinity',
    ],
    [
      'b that is NaN',
      () => companderSlope(v(), { a: 1, b: Number.NaN }),
      'companderSlope: b must be positive and finite, got NaN',
    ],
    [
      'a tensor a below 0',
      () => compand(v(), { a: float64(-2), b: 1 }),
      'compand: a must be positive and finite, got -2',
    ],
    ['a of rank 1', () => compand(v(), { a: float64([1, 2]), b: 1 }), 'compand: a must be a scalar, got [2]'],
    [
      'an unknown kind',
      () => companderBound({ kind: 'sine' as CompanderKind, a: 1 }),
      'companderBound: kind must be one of arctan, tanh, softsign, identity, got sine',
    ],
    [
      'v that is not finite',
      () => compand(float64([Number.NaN]), { a: 1, b: 1 }),
      'compand: v must be finite, got NaN',
    ],
    [
      'a weight outside the bound',
      () => inverseCompand(float64([1.1]), { kind: 'tanh', a: 1, b: 1 }),
      'inverseCompand: weight 1.1 is not within ±1',
    ],
    [
      'an unknown way to learn',
      () => weightCompander({ a: 1, b: 1, learn: 'all' as 'shared' }),
      'weightCompander: learn must be one of false, perTensor, shared, got all',
    ],
    [
      'an unknown beginning',
      () => weightCompander({ a: 1, b: 1, init: 'random' as 'direct' }),
      'weightCompander: init must be one of inverse, direct, got random',
    ],
    ['a slowing of 0', () => slowShape(0), 'slowShape: factor must be positive and finite, got 0'],
    ['no weights to look at', () => weightStatistics([]), 'weightStatistics: expected at least one weight'],
    [
      'nothing that is near zero',
      () => weightStatistics([v()], { nearZero: 0 }),
      'weightStatistics: nearZero must be above 0, got 0',
    ],
  ])('is refused: %s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  it.each([
    [
      'initial weights outside the bound',
      () => reparameterize({ weight: float64([0.1, 0.5]) }, /weight/, weightCompander({ a: 0.1, b: 0.1 })),
      'weightCompander: 1 of 2 weights of weight are not within ±0.15707963267948966: take a larger a, or clip them',
    ],
    [
      'initial weights that are not finite',
      () => reparameterize({ weight: float64([0.1, Number.NaN]) }, /weight/, weightCompander(wide)),
      'weightCompander: weight must be finite, got NaN',
    ],
    [
      'weights of integers',
      () => reparameterize({ weight: zeros([2], 'int32') }, /weight/, weightCompander(wide)),
      'weightCompander: weight must be float, got int32',
    ],
    [
      'one tensor twice',
      async () => reparameterize(await companded(), /hidden.weight/, weightCompander(wide)),
      'reparameterize: hidden.weight is made by weightCompander already',
    ],
    [
      'a histogram without width',
      () => weightHistogram([v()], { range: 0 }),
      'weightHistogram: range must be positive and finite, got 0',
    ],
    [
      'a histogram without bins',
      () => weightHistogram([v()], { range: 1, bins: 0 }),
      'weightHistogram: bins must be a positive integer, got 0',
    ],
  ])('is refused when it is met: %s', async (_, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });

  it('is refused: penalties and slow shapes where there is nothing to weigh or to slow', async () => {
    const model = await companded();
    expect(() => companderPenalty(model, -1)).toThrow(
      'companderPenalty: strength must be in [0, Infinity), got -1',
    );
    expect(() => companderPenalty(model, 1, { target: 'u' as 'v' })).toThrow(
      'companderPenalty: target must be v or w, got u',
    );
    expect(() => slowShape().update(model, [], model)).toThrow('slowShape: the model has no learned a and b');
    const other = await reparameterize(new Network(), /weight$/, {
      name: 'plain',
      init: (w) => ({ w }),
      weight: ({ w }) => w,
    });
    expect(() => companderPenalty(other, 1)).toThrow('companderPenalty: the model has no companded weights');
  });
});
