import { applyUpdates, chain, crossEntropy, type GradientTransform, relu, sgd } from '@evenkeel/nn';
import {
  grad,
  matMul,
  normal,
  randomKey,
  softmax,
  splitKey,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  logStablemax,
  nlmAlignment,
  perpGrad,
  softmaxCollapse,
  stablemax,
  stablemaxCrossEntropy,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const labelsOf = (labels: number[]) => tensor(labels, 'int32');

/** `float32`, or its number of bits. */
const precisionOf = (precision: string | number) =>
  (typeof precision === 'number' ? `float${precision}` : precision) as 'float32' | 'float64';

/** How far the parts of a cross-entropy may be off, from the order of its sums alone. */
const sumTolerances = { float16: 5e-3, float32: 2.5e-7, float64: 5e-16 } as const;

/** One update of a transform from its fresh state. */
const updateOnce = <Params>(transform: GradientTransform, gradients: Params, params: Params): Params =>
  transform.update(gradients, transform.init(params), params)[0];

const project = (weight: Tensor, gradient: Tensor, options: Parameters<typeof perpGrad>[0] = {}) =>
  updateOnce(perpGrad(options), gradient, weight);

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    stablemaxCrossEntropy: {
      tolerance: ({ options: { precision = 64 } }) =>
        precisionOf(precision) === 'float32' ? { relative: 1e-5, absolute: 1e-6 } : {},
      async run({ inputs, options: { reduction, precision: given = 64 } }) {
        const precision = precisionOf(given);
        const [logits, labels] = [tensor(inputs.logits, precision), labelsOf(inputs.labels)];
        const total = (at: Tensor) => stablemaxCrossEntropy(at, labels, { reduction, precision }).sum();
        return {
          probabilities: await stablemax(logits).toArray(),
          loss: await stablemaxCrossEntropy(logits, labels, { reduction, precision }).toArray(),
          gradLogits: await grad(total)(logits).toArray(),
        };
      },
    },
    perpGrad: {
      async run({ inputs, options: { scope, rescale, eps: epsilon } }) {
        const options = { scope, rescale, epsilon };
        return {
          projected: await project(float64(inputs.weight), float64(inputs.gradient), options).toArray(),
        };
      },
    },
    perpSGDStep: {
      async run({ inputs, options: { scope, rescale, eps: epsilon, lr } }) {
        const [weight, gradient] = [float64(inputs.weight), float64(inputs.gradient)];
        const transform = chain(perpGrad({ scope, rescale, epsilon }), sgd({ learningRate: lr }));
        return { weightAfter: await applyUpdates(weight, updateOnce(transform, gradient, weight)).toArray() };
      },
    },
    softmaxCollapse: {
      // The last bits depend on the order of the float32 sums; the zeros do not.
      tolerance({ options: { precision = 32 } }) {
        const tolerance = sumTolerances[precisionOf(precision)];
        return { relative: Math.max(tolerance, 1e-7), absolute: tolerance, exactZeros: true };
      },
      async run({ inputs, options: { precision = 32 } }) {
        const [logits, labels] = [float64(inputs.logits), labelsOf(inputs.labels)];
        return { ...(await softmaxCollapse(logits, labels, { precision: precisionOf(precision) })) };
      },
    },
  });
});

describe('StableMax', () => {
  /** s(x), read off from the probabilities of [x, 0], whose second score is 1. */
  const score = async (x: number) => {
    const [first, second] = (await stablemax(float64([[x, 0]])).data()) as Float64Array;
    return first! / second!;
  };

  it('scores 0 by 1, 3 by 4, -1 by a half and -3 by a quarter', async () => {
    expect(await Promise.all([0, 3, -1, -3].map(score))).toEqual([1, 4, 0.5, 0.25]);
  });

  it('has s(x) s(-x) = 1', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: -1e4, max: 1e4, noNaN: true }), async (x) => {
        expect((await score(x)) * (await score(-x))).toBeCloseTo(1, 10);
      }),
      { numRuns: 50 },
    );
  });

  it('has slope 1 on both sides of 0', async () => {
    for (const x of [-1e-6, 0, 1e-6]) {
      // Near [0, 0], where both scores are 1: d/dx log (s / (s + 1)) = s' (1 - 1/2).
      const ofFirst = (at: Tensor) =>
        logStablemax(at)
          .mul(float64([[1, 0]]))
          .sum();
      const [slope] = await grad(ofFirst)(float64([[x, 0]])).data();
      expect(Number(slope)).toBeCloseTo(0.5, 5);
    }
  });

  const rows = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 6 }))
    .chain(([samples, classes]) =>
      fc.array(
        fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: classes, maxLength: classes }),
        {
          minLength: samples,
          maxLength: samples,
        },
      ),
    );

  it('gives rows that sum to 1, equal shares to equal logits, and more to larger logits', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (logits) => {
        const probabilities = (await stablemax(float64(logits)).toArray()) as number[][];
        probabilities.forEach((row, i) => {
          expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
          const byLogit = row
            .map((p, j) => [logits[i]![j]!, p] as const)
            .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
          byLogit.slice(1).forEach(([, p], j) => {
            expect(p).toBeGreaterThanOrEqual(byLogit[j]![1]);
          });
        });
      }),
      { numRuns: 30 },
    );
    expect(await stablemax(float64([[7, 7, 7, 7]])).toArray()).toEqual([[0.25, 0.25, 0.25, 0.25]]);
  });

  it('is softmax of sign(z) log(1 + |z|) (proposition 1)', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (logits) => {
        const squeezed = float64(logits.map((row) => row.map((z) => Math.sign(z) * Math.log1p(Math.abs(z)))));
        const [ours, theirs] = [await stablemax(float64(logits)).data(), await softmax(squeezed).data()];
        ours.forEach((p, i) => {
          expect(Number(p)).toBeCloseTo(Number(theirs[i]), 12);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('is not shift invariant', async () => {
    expect(await stablemax(float64([[1, -1]])).toArray()).toEqual([[0.8, 0.2]]);
    expect(await stablemax(float64([[2, 0]])).toArray()).toEqual([[0.75, 0.25]]);
  });

  it('has the gradient (p - 1[y]) / (1 + |z|)', async () => {
    const [logits, label] = [[3, 0, -1], 0];
    const loss = (at: Tensor) => stablemaxCrossEntropy(at, labelsOf([label]));
    const [value, gradient] = valueAndGrad(loss)(float64([logits]));
    expect(await value.item()).toBeCloseTo(Math.log(11 / 8), 12);
    const p = [8 / 11, 2 / 11, 1 / 11];
    const expected = p.map((each, i) => (each - Number(i === label)) / (1 + Math.abs(logits[i]!)));
    (await gradient.data()).forEach((each, i) => {
      expect(Number(each)).toBeCloseTo(expected[i]!, 12);
    });
  });

  it('stays finite in float32 for logits of ±1e4, in value and gradient', async () => {
    const logits = tensor([[1e4, -1e4, 0.5]]);
    const loss = (at: Tensor) => stablemaxCrossEntropy(at, labelsOf([1]), { precision: 'float32' });
    for (const each of [...(await stablemax(logits).data()), ...(await grad(loss)(logits).data())]) {
      expect(Number.isFinite(Number(each))).toBe(true);
    }
  });

  it('gives the loss of single samples and their sum on request', async () => {
    const [logits, labels] = [
      float64([
        [3, 0, -1],
        [0, 1, 2],
      ]),
      labelsOf([0, 2]),
    ];
    const each = (await stablemaxCrossEntropy(logits, labels, { reduction: 'none' }).toArray()) as number[];
    expect(each).toHaveLength(2);
    expect(await stablemaxCrossEntropy(logits, labels, { reduction: 'sum' }).item()).toBeCloseTo(
      each[0]! + each[1]!,
      12,
    );
  });
});

describe('perpGrad', () => {
  const vectors = fc.integer({ min: 2, max: 8 }).chain((length) => {
    const vector = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
      minLength: length,
      maxLength: length,
    });
    return fc.tuple(vector, vector);
  });
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((total, each, i) => total + each * b[i]!, 0);
  const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));
  const perpendicular = async (weight: number[], gradient: number[], rescale: boolean) =>
    (await project(float64(weight), float64(gradient), { rescale }).data()) as Float64Array;

  it('is orthogonal to the weights, still a descent direction, and keeps the norm when rescaled', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, fc.boolean(), async ([weight, gradient], rescale) => {
        fc.pre(norm(weight) > 0.1 && norm(gradient) > 0.1);
        const result = await perpendicular(weight, gradient, rescale);
        fc.pre(norm(await perpendicular(weight, gradient, false)) > 1e-3);
        expect(Math.abs(dot(weight, result))).toBeLessThanOrEqual(1e-9 * norm(weight) * norm(gradient));
        expect(dot(gradient, result)).toBeGreaterThanOrEqual(0);
        if (rescale) expect(norm(result)).toBeCloseTo(norm(gradient), 8);
      }),
      { numRuns: 40 },
    );
  });

  it('is orthogonal in float32 to 1e-6', async () => {
    const [weightKey, gradientKey] = splitKey(randomKey(5));
    const [weight, gradient] = [normal(weightKey, [40, 30]), normal(gradientKey, [40, 30])];
    const result = project(weight, gradient);
    const [inner, lengths] = [
      result.mul(weight).sum(),
      weight.square().sum().mul(gradient.square().sum()).sqrt(),
    ];
    expect(Math.abs(await inner.item())).toBeLessThan(1e-6 * (await lengths.item()));
  });

  it('is idempotent without rescaling', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, async ([weight, gradient]) => {
        fc.pre(norm(weight) > 0.1);
        const once = await perpendicular(weight, gradient, false);
        const twice = await perpendicular(weight, [...once], false);
        once.forEach((each, i) => {
          expect(twice[i]).toBeCloseTo(each, 9);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('turns a gradient along the weights into zeros', async () => {
    for (const rescale of [true, false])
      expect([...(await perpendicular([3, 4], [6, 8], rescale))]).toEqual([0, 0]);
    // Whatever rounding leaves of it.
    for (const dtype of ['float32', 'float64'] as const) {
      const weight = normal(randomKey(6), [300], { dtype });
      expect(await project(weight, weight.mul(0.7)).abs().max().item()).toBe(0);
      expect(await project(tensor([0.3], dtype), tensor([-1.7], dtype)).item()).toBeCloseTo(0, 12);
    }
  });

  it('leaves the gradient of all-zero weights as it is', async () => {
    expect([...(await perpendicular([0, 0, 0], [1, -2, 3], true))]).toEqual([1, -2, 3]);
  });

  it('raises the norm of the weights only by second order in the step', async () => {
    const [weight, gradient, rate] = [[1, 2, -2], [0.5, 0, 1], 0.1];
    const q = await perpendicular(weight, gradient, false);
    const after = weight.map((each, i) => each - rate * q[i]!);
    expect(dot(after, after)).toBeCloseTo(dot(weight, weight) + rate ** 2 * dot(q, q), 12);
  });

  it('projects each tensor by itself or all as one vector', async () => {
    const params = { a: float64([1, 0]), b: float64([0, 2]) };
    const gradients = { a: float64([1, 1]), b: float64([1, 1]) };
    const each = updateOnce(perpGrad({ rescale: false }), gradients, params);
    expect([await each.a.toArray(), await each.b.toArray()]).toEqual([
      [0, 1],
      [1, 0],
    ]);
    // θᵀg / θᵀθ = 3 / 5 for the joined vector.
    const all = updateOnce(perpGrad({ scope: 'global', rescale: false }), gradients, params);
    const joined = [...(await all.a.data()), ...(await all.b.data())].map(Number);
    [0.4, 1, 1, -0.2].forEach((expected, i) => {
      expect(joined[i]).toBeCloseTo(expected, 12);
    });
  });

  it('passes excluded parameters unchanged', async () => {
    const params = { weight: float64([3, 4]), bias: float64([1, 1]) };
    const gradients = { weight: float64([3, 4]), bias: float64([5, 7]) };
    for (const scope of ['tensor', 'global'] as const) {
      const updates = updateOnce(perpGrad({ scope, exclude: (path) => path === 'bias' }), gradients, params);
      expect(await updates.bias.toArray()).toEqual([5, 7]);
      expect(await updates.weight.toArray()).toEqual([0, 0]);
    }
  });
});

describe('softmax collapse', () => {
  it('zeroes the loss and the label gradient of softmax, never those of StableMax', async () => {
    const [logits, labels] = [
      tensor([
        [20, 0, -1],
        [15, 0, -1],
      ]),
      labelsOf([0, 0]),
    ];
    const { collapsed, lossPerSample, gradLabelLogit } = await softmaxCollapse(logits, labels);
    expect(collapsed).toEqual([true, false]);
    expect([lossPerSample[0], gradLabelLogit[0]]).toEqual([0, 0]);
    expect(lossPerSample[1]).toBeGreaterThan(3e-7);
    const stable = await grad((at: Tensor) => stablemaxCrossEntropy(at, labels))(logits).toArray();
    for (const row of stable as number[][]) expect(row[0]).toBeLessThan(0);
  });

  it('agrees with the float32 cross-entropy that networks are trained with', async () => {
    const [logits, labels] = [
      tensor([
        [20, 0, -1],
        [3, 1, 2],
      ]),
      labelsOf([0, 1]),
    ];
    const trained = await crossEntropy(logits, labels, { reduction: 'none' }).data();
    const { lossPerSample } = await softmaxCollapse(logits, labels);
    lossPerSample.forEach((loss, i) => {
      expect(loss).toBeCloseTo(Number(trained[i]), 6);
    });
  });

  it.each([
    ['float16', 11 * Math.LN2],
    ['float32', 24 * Math.LN2],
    ['float64', 53 * Math.LN2],
  ] as const)('sets in, for two classes in %s, at its threshold', async (precision, threshold) => {
    const at = async (gap: number) =>
      (await softmaxCollapse(float64([[gap, 0]]), labelsOf([0]), { precision })).fraction;
    expect(await at(threshold * 1.01)).toBe(1);
    expect(await at(threshold * 0.99)).toBe(0);
  });
});

describe('naive loss minimization', () => {
  it('scales the logits of a network of three matrices without biases by the cube of the factor', async () => {
    const keys = splitKey(randomKey(1), 4);
    const weights = keys.slice(0, 3).map((key) => normal(key, [5, 5], { dtype: 'float64' }));
    const inputs = normal(keys[3], [7, 5], { dtype: 'float64' });
    const network = (factor: number) =>
      weights.reduce((x, weight, i) => {
        const product = matMul(x, weight.mul(factor));
        return i < 2 ? relu(product) : product;
      }, inputs);
    const [plain, scaled] = [await network(1).data(), await network(1.7).data()];
    plain.forEach((each, i) => {
      expect(Number(scaled[i])).toBeCloseTo(Number(each) * 1.7 ** 3, 9);
    });
  });

  it('shows as a cosine of 1 between step and weights', async () => {
    const params = { along: float64([3, 4]), across: float64([1, 0]), still: float64([1, 1]) };
    const gradients = { along: float64([-6, -8]), across: float64([0, 2]), still: float64([0, 0]) };
    const cosines = nlmAlignment(params, gradients);
    expect(await cosines.along.item()).toBeCloseTo(1, 12);
    expect(await cosines.across.item()).toBeCloseTo(0, 12);
    expect(await cosines.still.item()).toBeCloseTo(0, 12);
  });
});

describe('bad input', () => {
  const logits = () =>
    float64([
      [1, 2],
      [3, 4],
    ]);

  it.each([
    [
      'labels outside the classes',
      () => stablemaxCrossEntropy(logits(), labelsOf([0, 2])),
      /label 2 is outside \[0, 2\)/,
    ],
    [
      'negative labels',
      () => stablemaxCrossEntropy(logits(), labelsOf([-1, 0])),
      /label -1 is outside \[0, 2\)/,
    ],
    [
      'fractional labels',
      () => stablemaxCrossEntropy(logits(), tensor([0.5, 1])),
      /labels must be int32 or int64/,
    ],
    [
      'another number of labels',
      () => stablemaxCrossEntropy(logits(), labelsOf([0])),
      /want labels \[2\], got \[1\]/,
    ],
    [
      'logits of rank 1',
      () => stablemaxCrossEntropy(float64([1, 2]), labelsOf([0])),
      /expected logits \[samples, classes\]/,
    ],
    [
      'one class',
      () => stablemaxCrossEntropy(float64([[1], [2]]), labelsOf([0, 0])),
      /at least 2 classes, got \[2, 1\]/,
    ],
    [
      'no classes',
      () => stablemaxCrossEntropy(float64([[], []]), labelsOf([0, 0])),
      /at least 2 classes, got \[2, 0\]/,
    ],
    [
      'NaN logits',
      () => stablemaxCrossEntropy(float64([[Number.NaN, 0]]), labelsOf([0])),
      /logits must be finite, got NaN/,
    ],
    [
      'an unknown precision',
      () => stablemaxCrossEntropy(logits(), labelsOf([0, 0]), { precision: 'float16' as never }),
      /precision must be/,
    ],
    [
      'an unknown reduction',
      () => stablemaxCrossEntropy(logits(), labelsOf([0, 0]), { reduction: 'max' as never }),
      /reduction must be/,
    ],
    [
      'a gradient of another shape',
      () => project(float64([1, 2]), float64([1, 2, 3])),
      /gradient \[3\], weight \[2\]/,
    ],
    ['epsilon 0', () => perpGrad({ epsilon: 0 }), /epsilon must be above 0, got 0/],
    [
      'an unknown scope',
      () => perpGrad({ scope: 'layer' as never }),
      /scope must be tensor or global, got layer/,
    ],
  ])('refuses %s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('refuses collapse in an unknown precision, and of logits that are not finite', async () => {
    await expect(
      softmaxCollapse(logits(), labelsOf([0, 0]), { precision: 'float8' as never }),
    ).rejects.toThrow(/precision must be/);
    await expect(softmaxCollapse(float64([[1, 1 / 0]]), labelsOf([0]))).rejects.toThrow(
      /logits must be finite, got Infinity/,
    );
  });
});
