import { fit, repeat, sgd } from '@evenkeel/nn';
import { compile, grad, RuntimeError, type Tensor, tensor } from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  type AnyLossOptions,
  amplify,
  anyLoss,
  type Confusion,
  confusion,
  confusionMetric,
  type MetricName,
  softConfusion,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const labelsOf = (labels: readonly number[]) => tensor([...labels], 'int32');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const countsOf = async ({ tp, fn, fp, tn }: Confusion) => ({
  tp: await tp.item(),
  fn: await fn.item(),
  fp: await fp.item(),
  tn: await tn.item(),
});
const names: readonly MetricName[] = [
  'accuracy',
  'fbeta',
  'gmean',
  'balancedAccuracy',
  'precision',
  'recall',
];

const lossOf = async (
  metric: MetricName,
  p: readonly number[],
  y: readonly number[],
  options?: AnyLossOptions,
) => (await anyLoss(metric, options)(float64([...p]), labelsOf(y)).item()) as number;
const gradientOf = (
  metric: MetricName,
  p: readonly number[],
  y: readonly number[],
  options?: AnyLossOptions,
) => numbersOf(grad((at: Tensor) => anyLoss(metric, options)(at, labelsOf(y)))(float64([...p])));

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    anyLoss: {
      tolerance: ({ options: { precision } }) => (precision === 'float32' ? { relative: 1e-5 } : {}),
      async run({ inputs, options: { L: steepness, beta, eps: epsilon, precision }, expected }) {
        const from = inputs.logits ? 'logits' : 'probabilities';
        const oneClass = epsilon === undefined ? 'refuse' : 'allow';
        const outputs = float64(inputs[from]);
        const labels = labelsOf(inputs.labels);
        const p = inputs.logits ? outputs.sigmoid() : outputs;
        const gradientName = inputs.logits ? 'gradLogits' : 'gradProbabilities';
        const metrics = names
          .filter((metric) => metric in expected)
          .map(async (metric) => {
            const loss = anyLoss(metric, { steepness, beta, epsilon, precision, from, oneClass });
            const ofOutputs = (at: Tensor) => loss(at, labels);
            const result = {
              loss: await ofOutputs(outputs).item(),
              [gradientName]: await grad(ofOutputs)(outputs).toArray(),
            };
            return [metric, result] as const;
          });
        return {
          amplified: await amplify(p, { steepness }).toArray(),
          confusion: await countsOf(softConfusion(p, labels, { steepness })),
          ...Object.fromEntries(await Promise.all(metrics)),
        };
      },
    },
  });
});

/** Probabilities and labels of both classes. */
const batches = fc
  .integer({ min: 2, max: 8 })
  .chain((n) =>
    fc.tuple(
      fc.array(fc.double({ min: 0.3, max: 0.7, noNaN: true }), { minLength: n, maxLength: n }),
      fc.array(fc.constantFrom(0, 1), { minLength: n, maxLength: n }),
    ),
  )
  .filter(([, y]) => y.includes(0) && y.includes(1));
const runs = { numRuns: 8 };

describe('the amplifying function', () => {
  it('is 1/2 at 1/2, σ(4) at 0.9 for L = 10, and has the slope L / 4 in the middle', async () => {
    expect(await amplify(float64([0.5])).item()).toBe(0.5);
    expect(await amplify(float64([0.9]), { steepness: 10 }).item()).toBeCloseTo(0.98201379, 8);
    const slope = grad((p: Tensor) => amplify(p).sum())(float64([0.5]));
    expect(await slope.item()).toBe(18.25);
  });

  it('increases, and A(p) + A(1 - p) = 1', async () => {
    const p = Array.from({ length: 41 }, (_, i) => i / 40);
    const up = await numbersOf(amplify(float64(p), { steepness: 20 }));
    const down = await numbersOf(amplify(float64(p.map((each) => 1 - each)), { steepness: 20 }));
    up.forEach((each, i) => {
      expect(each + down[i]!).toBeCloseTo(1, 14);
      if (i > 0) expect(each).toBeGreaterThan(up[i - 1]!);
    });
  });

  it('reaches 1 in float64 from L = 74 on, not with 73', async () => {
    expect(await amplify(float64([1]), { steepness: 73 }).item()).toBeLessThan(1);
    expect(await amplify(float64([1]), { steepness: 74 }).item()).toBe(1);
  });

  it('keeps its derivative in float32 where it has been rounded to 1', async () => {
    const slope = await grad((p: Tensor) => amplify(p).sum())(tensor([0.9, 0.1])).data();
    for (const each of slope) expect(Number(each) / (73 * 2.0825773e-13)).toBeCloseTo(1, 4);
    expect(await amplify(tensor([0.9])).item()).toBe(1);
  });

  it('has derivatives of both orders, as finite differences find', async () => {
    const sharp = (p: Tensor) => amplify(p, { steepness: 10 });
    const p = float64([0.2, 0.5, 0.65]);
    expect(await gradientError(sharp, [p])).toBeLessThan(1e-6);
    expect(await gradientError((at) => grad((x: Tensor) => sharp(x).sum())(at), [p])).toBeLessThan(1e-6);
  });

  it('stays finite for any steepness, in value and slope', async () => {
    const p = tensor([0, 0.4999, 0.5, 1]);
    const slope = grad((at: Tensor) => amplify(at, { steepness: 1e6 }).sum())(p);
    for (const each of [...(await amplify(p, { steepness: 1e6 }).data()), ...(await slope.data())]) {
      expect(Number.isFinite(Number(each))).toBe(true);
    }
  });
});

describe('the soft confusion matrix', () => {
  const [p, y] = [
    [0.9, 0.4, 0.2, 0.6],
    [1, 1, 0, 0],
  ];

  it('has the counts and losses of the worked example', async () => {
    const counts = await countsOf(softConfusion(float64(p), labelsOf(y), { steepness: 10 }));
    const expected = { tp: 1.2509552, fn: 0.74904479, fp: 0.77848445, tn: 1.2215155 };
    for (const [name, value] of Object.entries(expected)) {
      expect(counts[name as keyof Confusion]).toBeCloseTo(value, 7);
    }
    const losses = {
      accuracy: 0.38188231,
      fbeta: 0.37909222,
      gmean: 0.38192613,
      balancedAccuracy: 0.38188231,
    };
    for (const [metric, loss] of Object.entries(losses)) {
      expect(await lossOf(metric as MetricName, p, y, { steepness: 10 })).toBeCloseTo(loss, 8);
    }
  });

  it('sums to the positives, the negatives and all samples', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([somewhere, labels]) => {
        const { tp, fn, fp, tn } = await countsOf(softConfusion(float64(somewhere), labelsOf(labels)));
        const positives = labels.filter(Boolean).length;
        expect(tp + fn).toBeCloseTo(positives, 12);
        expect(fp + tn).toBeCloseTo(labels.length - positives, 12);
      }),
      runs,
    );
  });

  it('becomes the hard one, and the losses 1 - metric, as L grows', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([somewhere, labels]) => {
        fc.pre(somewhere.every((each) => Math.abs(each - 0.5) > 1e-3));
        const hard = confusion(float64(somewhere), labelsOf(labels));
        const exact = await countsOf(hard);
        const soft = await countsOf(softConfusion(float64(somewhere), labelsOf(labels), { steepness: 1e5 }));
        for (const name of ['tp', 'fn', 'fp', 'tn'] as const) expect(soft[name]).toBeCloseTo(exact[name], 10);
        for (const metric of names) {
          const score = await confusionMetric(metric)(hard).item();
          expect(await lossOf(metric, somewhere, labels, { steepness: 1e5 })).toBeCloseTo(1 - score, 5);
        }
      }),
      runs,
    );
  });

  it('counts predictions above the threshold, and takes labels of any kind', async () => {
    for (const labels of [
      labelsOf(y),
      tensor([1, 1, 0, 0]),
      float64(y),
      tensor([true, true, false, false]),
    ]) {
      expect(await countsOf(confusion(float64(p), labels, { threshold: 0.3 }))).toEqual({
        tp: 2,
        fn: 0,
        fp: 1,
        tn: 1,
      });
    }
    expect(await countsOf(confusion(float64([0.5]), labelsOf([1])))).toEqual({ tp: 0, fn: 1, fp: 0, tn: 0 });
  });
});

describe('the losses', () => {
  it('are known where all probabilities are one half', async () => {
    const [p, y] = [Array(5).fill(0.5), [1, 0, 0, 0, 1]];
    expect(await lossOf('accuracy', p, y)).toBeCloseTo(0.5, 12);
    expect(await lossOf('fbeta', p, y)).toBeCloseTo(5 / 9, 12);
    expect(await lossOf('gmean', p, y)).toBeCloseTo(0.5, 11);
    expect(await lossOf('balancedAccuracy', p, y)).toBeCloseTo(0.5, 12);
    (await gradientOf('accuracy', p, y)).forEach((each, i) => {
      expect(each).toBeCloseTo(y[i] ? -3.65 : 3.65, 10);
    });
    (await gradientOf('balancedAccuracy', p, y)).forEach((each, i) => {
      expect(each).toBeCloseTo(y[i] ? -4.5625 : 3.0416666666667, 10);
    });
  });

  it('have the closed gradients of the paper through both sigmoids', async () => {
    const [z, y, L, beta] = [[0.3, -0.2, 0.1, -0.4, 0.05], [1, 0, 0, 0, 1], 12, 2] as const;
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const p = z.map(sigmoid);
    const yh = p.map((each) => sigmoid(L * (each - 0.5)));
    const w = yh.map((each, i) => L * each * (1 - each) * p[i]! * (1 - p[i]!));
    const [n, P, S] = [y.length, 2, yh.reduce((a, b) => a + b)];
    const TP = yh.reduce((total, each, i) => total + each * y[i]!, 0);
    const b2 = beta ** 2;
    const expected = {
      accuracy: w.map((each, i) => (each * (1 - 2 * y[i]!)) / n),
      balancedAccuracy: w.map((each, i) => (y[i] ? -each / (2 * P) : each / (2 * (n - P)))),
      fbeta: w.map((each, i) => (-each * (1 + b2) * (y[i]! * (b2 * P + S) - TP)) / (b2 * P + S) ** 2),
    };
    for (const [metric, gradient] of Object.entries(expected)) {
      const actual = await gradientOf(metric as MetricName, z, y, { steepness: L, beta, from: 'logits' });
      actual.forEach((each, i) => {
        expect(each).toBeCloseTo(gradient[i]!, 12);
      });
    }
  });

  it('have the exact gradient of G-mean where every positive is missed', async () => {
    const [p, y, L] = [[0.12, 0.05, 0, 0.4, 0.2], [1, 1, 1, 0, 0], 73] as const;
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const tails = p.map((each) => [sigmoid(L * (each - 0.5)), sigmoid(-L * (each - 0.5))] as const);
    const [sensitivity, specificity] = [
      (tails[0]![0] + tails[1]![0] + tails[2]![0]) / 3,
      (tails[3]![1] + tails[4]![1]) / 2,
    ];
    const slopes = await gradientOf('gmean', p, y);
    for (const [i, [up, down]] of tails.entries()) {
      const [own, other, count] = y[i] ? [sensitivity, specificity, -3] : [specificity, sensitivity, 2];
      const expected = ((Math.sqrt(other / own) / 2) * (L * up * down)) / count;
      expect(slopes[i]! / expected).toBeCloseTo(1, 9);
    }
  });

  it('have the gradients that finite differences find', async () => {
    const labels = labelsOf([1, 0, 1, 0, 0]);
    for (const metric of names) {
      const loss = (p: Tensor) => anyLoss(metric, { steepness: 10 })(p, labels);
      expect(await gradientError(loss, [float64([0.4, 0.6, 0.7, 0.2, 0.55])])).toBeLessThan(1e-6);
    }
  });

  it('go from precision to recall as beta grows', async () => {
    const [p, y] = [
      [0.9, 0.4, 0.2, 0.6],
      [1, 1, 0, 0],
    ];
    expect(await lossOf('fbeta', p, y, { beta: 1e-5, steepness: 10 })).toBeCloseTo(
      await lossOf('precision', p, y, { steepness: 10 }),
      8,
    );
    expect(await lossOf('fbeta', p, y, { beta: 1e5, steepness: 10 })).toBeCloseTo(
      await lossOf('recall', p, y, { steepness: 10 }),
      8,
    );
  });

  it('do not depend on the order of the samples; all but three neither on which class is called positive', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([p, y]) => {
        const swapped = [p.map((each) => 1 - each), y.map((each) => 1 - each)] as const;
        for (const metric of names) {
          const loss = await lossOf(metric, p, y);
          expect(await lossOf(metric, [...p].reverse(), [...y].reverse())).toBeCloseTo(loss, 10);
          if (['accuracy', 'gmean', 'balancedAccuracy'].includes(metric)) {
            expect(await lossOf(metric, ...swapped)).toBeCloseTo(loss, 10);
          }
        }
      }),
      runs,
    );
    const [p, y] = [
      [0.9, 0.4, 0.2, 0.6, 0.3],
      [1, 1, 0, 0, 0],
    ];
    const f1 = await lossOf('fbeta', p, y, { steepness: 10 });
    const ofOthers = await lossOf(
      'fbeta',
      p.map((each) => 1 - each),
      y.map((each) => 1 - each),
      { steepness: 10 },
    );
    expect(Math.abs(f1 - ofOthers)).toBeGreaterThan(0.01);
  });

  it('never push a positive down or a negative up', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([p, y]) => {
        for (const metric of names) {
          (await gradientOf(metric, p, y)).forEach((slope, i) => {
            expect(y[i] ? -slope : slope).toBeGreaterThanOrEqual(-1e-15);
          });
        }
      }),
      runs,
    );
  });

  it('stay the same when every sample is there twice, with half the gradient for each', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ([p, y]) => {
        for (const metric of names) {
          const twice = [
            [...p, ...p],
            [...y, ...y],
          ] as const;
          expect(await lossOf(metric, ...twice)).toBeCloseTo(await lossOf(metric, p, y), 10);
          const once = await gradientOf(metric, p, y);
          (await gradientOf(metric, ...twice)).forEach((slope, i) => {
            expect(2 * slope).toBeCloseTo(once[i % p.length]!, 10);
          });
        }
      }),
      runs,
    );
  });

  it('take metrics of the user, such as Jaccard and Matthews', async () => {
    const [p, y] = [float64([0.9, 0.4, 0.2, 0.6]), labelsOf([1, 1, 0, 0])];
    const jaccard = ({ tp, fn, fp }: Confusion) => tp.div(tp.add(fn).add(fp));
    const matthews = ({ tp, fn, fp, tn }: Confusion) =>
      tp
        .mul(tn)
        .sub(fp.mul(fn))
        .div(tp.add(fp).mul(tp.add(fn)).mul(tn.add(fp)).mul(tn.add(fn)).sqrt());
    const { tp, fn, fp, tn } = await countsOf(softConfusion(p, y, { steepness: 10 }));
    const loss = (metric: typeof jaccard) => anyLoss(metric, { steepness: 10 })(p, y).item();
    expect(await loss(jaccard)).toBeCloseTo(1 - tp / (tp + fn + fp), 12);
    const root = Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
    expect(await loss(matthews)).toBeCloseTo(1 - (tp * tn - fp * fn) / root, 12);
  });

  it('give confident mistakes of both kinds a gradient in float32', async () => {
    const loss = (p: Tensor) => anyLoss('accuracy')(p, labelsOf([0, 1]));
    const slopes = await numbersOf(grad(loss)(tensor([0.9, 0.1])));
    for (const [i, sign] of [1, -1].entries()) {
      expect((sign * slopes[i]!) / (36.5 * 2.0825773e-13)).toBeCloseTo(1, 4);
    }
  });

  it('are computed in the precision that is asked for', () => {
    const [p, y] = [tensor([0.9, 0.1]), labelsOf([0, 1])];
    expect(anyLoss('accuracy')(p, y).dtype).toBe('float32');
    expect(anyLoss('accuracy', { precision: 'float64' })(p, y).dtype).toBe('float64');
  });

  it('warn once of a steepness above 33 in float32, and not in float64', () => {
    const messages: string[] = [];
    const onWarning = (message: string) => messages.push(message);
    const y = labelsOf([0, 1]);
    const loss = anyLoss('accuracy', { onWarning });
    loss(tensor([0.9, 0.1]), y);
    loss(tensor([0.9, 0.1]), y);
    anyLoss('accuracy', { onWarning })(float64([0.9, 0.1]), y);
    anyLoss('accuracy', { onWarning, steepness: 33 })(tensor([0.9, 0.1]), y);
    expect(messages).toEqual([
      'anyLoss: steepness 73 is above 33: amplified probabilities round to 1 in float32',
    ]);
  });

  it('are 1 without a gradient for F1 of a batch without positives', async () => {
    expect(await lossOf('fbeta', [0.4, 0.6], [0, 0])).toBe(1);
    expect((await gradientOf('fbeta', [0.4, 0.6], [0, 0])).map(Math.abs)).toEqual([0, 0]);
  });

  it('count the share of a missing class as 0 when one class is allowed', async () => {
    const options = { oneClass: 'allow' } as const;
    expect(await lossOf('balancedAccuracy', [0.4, 0.6], [0, 0], options)).toBeCloseTo(0.75, 10);
    expect(await lossOf('recall', [0.4, 0.6], [0, 0], options)).toBe(1);
    expect(await lossOf('gmean', [0.4, 0.6], [1, 1], options)).toBeCloseTo(1, 5);
    for (const slope of await gradientOf('gmean', [0.4, 0.6], [1, 1], options)) {
      expect(Number.isFinite(slope)).toBe(true);
    }
  });

  it('train a linear model to perfect F1 where that is possible', async () => {
    const [x, y] = [float64([-2, -1.5, -1, 1.2]), labelsOf([0, 0, 0, 1])];
    const loss = anyLoss('fbeta', { from: 'logits', steepness: 10 });
    const { model } = await fit({
      model: { weight: float64([0]), bias: float64([0]) },
      loss: ({ weight, bias }, batch) => loss(batch.x.mul(weight).add(bias), batch.y),
      optimizer: sgd({ learningRate: 0.5 }),
      batches: repeat({ x, y }),
      steps: 100,
    });
    const p = x.mul(model.weight).add(model.bias).sigmoid();
    expect(await confusionMetric('fbeta')(confusion(p, y)).item()).toBe(1);
  });
});

describe('bad input', () => {
  const p = () => float64([0.2, 0.7]);
  const y = () => labelsOf([0, 1]);
  const loss = anyLoss('accuracy');

  it.each([
    [
      'labels that are not 0 or 1',
      () => loss(p(), labelsOf([0, 2])),
      'anyLoss: labels must be 0 or 1, got 2',
    ],
    [
      'labels of -1 and 1',
      () => softConfusion(p(), labelsOf([-1, 1])),
      'softConfusion: labels must be 0 or 1, got -1',
    ],
    [
      'labels that are fractions',
      () => confusion(p(), float64([0.5, 1])),
      'confusion: labels must be 0 or 1, got 0.5',
    ],
    [
      'shapes that differ',
      () => loss(p(), labelsOf([0, 1, 1])),
      'anyLoss: outputs [2] want labels of the same shape, got [3]',
    ],
    [
      'an empty batch',
      () => loss(float64([]), labelsOf([])),
      'anyLoss: expected at least one sample, got probabilities [0]',
    ],
    [
      'a steepness of 0',
      () => amplify(p(), { steepness: 0 }),
      'amplify: steepness must be positive and finite, got 0',
    ],
    [
      'an infinite steepness',
      () => anyLoss('accuracy', { steepness: Number.POSITIVE_INFINITY }),
      'anyLoss: steepness must be positive and finite, got Infinity',
    ],
    ['a beta of 0', () => anyLoss('fbeta', { beta: 0 }), 'anyLoss: beta must be positive and finite, got 0'],
    [
      'a negative beta',
      () => confusionMetric('fbeta', { beta: -1 }),
      'confusionMetric: beta must be positive and finite, got -1',
    ],
    [
      'a negative epsilon',
      () => anyLoss('gmean', { epsilon: -1 }),
      'anyLoss: epsilon must be in [0, Infinity), got -1',
    ],
    [
      'probabilities above 1',
      () => loss(float64([0.2, 1.5]), y()),
      'anyLoss: probability 1.5 is outside [0, 1]',
    ],
    ['probabilities below 0', () => amplify(float64([-0.1])), 'amplify: probability -0.1 is outside [0, 1]'],
    ['NaN', () => loss(float64([0.2, Number.NaN]), y()), 'anyLoss: probabilities must be numbers, got NaN'],
    [
      'NaN logits',
      () => anyLoss('accuracy', { from: 'logits' })(float64([0.2, Number.NaN]), y()),
      'anyLoss: logits must be numbers, got NaN',
    ],
    [
      'integers as probabilities',
      () => loss(labelsOf([0, 1]), y()),
      'anyLoss: probabilities must be float, got int32',
    ],
    [
      'a threshold outside [0, 1]',
      () => confusion(p(), y(), { threshold: 2 }),
      'confusion: threshold must be in [0, 1], got 2',
    ],
    [
      'an unknown metric',
      () => anyLoss('f1' as MetricName),
      'anyLoss: metric must be one of accuracy, fbeta, gmean, balancedAccuracy, precision, recall, got f1',
    ],
    [
      'an unknown kind of output',
      () => anyLoss('fbeta', { from: 'scores' as 'logits' }),
      'anyLoss: from must be one of probabilities, logits, got scores',
    ],
    [
      'an unknown precision',
      () => anyLoss('fbeta', { precision: 'float16' as 'float32' }),
      'anyLoss: precision must be one of float32, float64, got float16',
    ],
    [
      'no positives for G-mean',
      () => anyLoss('gmean')(p(), labelsOf([0, 0])),
      "anyLoss: gmean is 0 / 0 for a batch without positives; take larger batches, or oneClass: 'allow'",
    ],
    [
      'no negatives for balanced accuracy',
      () => anyLoss('balancedAccuracy')(p(), labelsOf([1, 1])),
      "anyLoss: balancedAccuracy is 0 / 0 for a batch without negatives; take larger batches, or oneClass: 'allow'",
    ],
    [
      'no positives for recall',
      () => anyLoss('recall')(p(), labelsOf([0, 0])),
      "anyLoss: recall is 0 / 0 for a batch without positives; take larger batches, or oneClass: 'allow'",
    ],
    [
      'a metric that is no scalar',
      () => anyLoss(({ tp }) => tp.reshape([1]))(p(), y()),
      'anyLoss: the metric must return a scalar, got [1]',
    ],
  ])('is refused: %s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  it('stops a compiled run, where values become known', async () => {
    const compiled = compile((outputs: Tensor, labels: Tensor) =>
      anyLoss('balancedAccuracy')(outputs, labels),
    );
    expect(await (await compiled(p(), y())).item()).toBeLessThan(1);
    for (const [outputs, labels] of [
      [float64([0.2, 1.5]), y()],
      [float64([0.2, Number.NaN]), y()],
      [p(), labelsOf([0, 2])],
      [p(), labelsOf([0, 0])],
      [p(), labelsOf([1, 1])],
    ] as const) {
      await expect(compiled(outputs, labels)).rejects.toThrow(RuntimeError);
    }
  });
});
