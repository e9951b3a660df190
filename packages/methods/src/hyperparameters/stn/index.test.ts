import {
  evaluate,
  grad,
  mapPlaces,
  normal,
  randomKey,
  softplus,
  splitKey,
  stack,
  stopGradient,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  constrain,
  constrainedValues,
  exactBestResponse,
  type HyperparameterRange,
  initialLambda,
  perturbationEntropy,
  perturbationScale,
  perturbHyperparameters,
  StnConv,
  StnLinear,
  sampleDropout,
  unconstrain,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const key = randomKey(0);
const dtype = 'float64';
const infinity = Number.POSITIVE_INFINITY;

/** Largest difference of two tensors. */
const distance = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

type Weights = Readonly<
  Record<'elemWeight' | 'hyperWeight' | 'elemBias' | 'hyperBias' | 'scaleWeight', Tensor>
>;

/** A layer with given tensors in its places; linear layers have their weights the other way round than the file. */
const filled = <Layer>(layer: Layer, weights: Weights): Layer => {
  const turn = (x: Tensor) => (x.rank === 2 ? x.transpose() : x);
  const places: Record<string, Tensor> = {
    'elementary.weight': turn(weights.elemWeight),
    'elementary.bias': weights.elemBias,
    'hyper.weight': turn(weights.hyperWeight),
    hyperBias: weights.hyperBias,
    gates: turn(weights.scaleWeight),
  };
  return mapPlaces((_, __, path) => places[path]!, layer);
};

// biome-ignore lint/suspicious/noExplicitAny: the inputs of golden cases, whose form each operation knows.
const tensorsOf = (inputs: any): Weights & { x: Tensor; lambda_: Tensor } =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, each]) => [name, float64(each as number[])]),
  ) as ReturnType<typeof tensorsOf>;

const capitalized = (name: string) => `grad${name[0]!.toUpperCase()}${name.slice(1).replace(/_$/, '')}`;

const halfSquares = 'half sum of squared outputs (for the gradients)';

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    bestResponseLinear: {
      async run({ inputs, options: { useLambda = true, bias = true, loss = halfSquares } }) {
        requireOption('loss', loss, [halfSquares]);
        const given = tensorsOf(inputs);
        const [outputs, features] = given.elemWeight.shape as [number, number];
        const empty = new StnLinear(key, features, outputs, given.scaleWeight.length(-1), { bias, dtype });
        const run = ({ x, lambda_, ...weights }: typeof given) =>
          filled(empty, weights).call(x, useLambda ? lambda_ : undefined);
        const gradients = grad((at: typeof given) => run(at).square().sum().div(2))(given);
        const named = Object.entries(gradients).map(async ([name, each]) => [
          capitalized(name),
          await each.toArray(),
        ]);
        return { output: await run(given).toArray(), ...Object.fromEntries(await Promise.all(named)) };
      },
    },
    bestResponseConv2d: {
      async run({ inputs, options }) {
        const { useLambda = true, bias = true, stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
        const { x, lambda_, ...weights } = tensorsOf(inputs);
        const [outputs, channels, ...kernel] = weights.elemWeight.shape as [number, number, ...number[]];
        const layer = filled(
          new StnConv(key, channels * groups, outputs, kernel, lambda_.length(-1), {
            ...{ bias, dtype, strides: stride, padding, dilation, groups },
          }),
          weights,
        );
        return { output: await layer.call(x, useLambda ? lambda_ : undefined).toArray() };
      },
    },
    hyperTransforms: {
      async run({ inputs, options: { ranges, discrete = [] } }) {
        const [lambda, rawScale] = [float64(inputs.unconstrained), float64(inputs.rawScale ?? [0])];
        const hyperparameters = Object.fromEntries(
          ranges.map(([low, high]: (number | null)[], i: number) => [
            `h${i}`,
            { range: [low ?? -infinity, high ?? infinity], initial: 0, discrete: discrete[i] ?? false },
          ]),
        );
        return {
          constrained: await stack(Object.values(constrainedValues(hyperparameters, lambda)), -1).toArray(),
          softplusScale: await perturbationScale(rawScale).toArray(),
          entropy: await perturbationEntropy(rawScale).item(),
        };
      },
    },
    exactBestResponseLinear: {
      async run({ inputs, expected }) {
        const exact = exactBestResponse(float64(inputs.X), float64(inputs.y));
        const wanted = expected.responses as readonly { readonly lambda_: number }[] | undefined;
        const lambdas: readonly number[] = inputs.lambda_ ?? wanted?.map(({ lambda_ }) => lambda_) ?? [];
        return {
          singularValues: await exact.singularValues.toArray(),
          unregularized: await exact.unregularized.toArray(),
          responses: await Promise.all(
            lambdas.map(async (lambda_) => ({
              lambda_,
              gate: await exact.gate(float64(lambda_)).toArray(),
              weights: await exact.weights(float64(lambda_)).toArray(),
            })),
          ),
        };
      },
    },
  });
});

const lambdas = normal(splitKey(key)[0], [3, 2], { dtype });
const inputs = normal(splitKey(key)[1], [3, 4], { dtype });
const images = normal(splitKey(key)[1], [3, 2, 5, 5], { dtype });

/** Layers with gates large enough to matter, and inputs for them. */
const layers = {
  StnLinear: {
    layer: new StnLinear(key, 4, 5, 2, { dtype, gateDeviation: 1 }),
    x: inputs,
  },
  'StnLinear without bias': {
    layer: new StnLinear(key, 4, 5, 2, { dtype, gateDeviation: 1, bias: false }),
    x: inputs,
  },
  'StnLinear on sequences': {
    layer: new StnLinear(key, 4, 5, 2, { dtype, gateDeviation: 1 }),
    x: normal(key, [3, 7, 4], { dtype }),
  },
  StnConv: {
    layer: new StnConv(key, 2, 6, [3, 3], 2, { dtype, gateDeviation: 1, padding: 1, strides: 2 }),
    x: images,
  },
  'StnConv in groups': {
    layer: new StnConv(key, 2, 6, [3, 3], 2, { dtype, gateDeviation: 1, groups: 2, bias: false }),
    x: images,
  },
  'StnConv along one axis': {
    layer: new StnConv(key, 2, 6, [3], 2, { dtype, gateDeviation: 1 }),
    x: images.reshape([3, 2, 25]),
  },
};

describe.each(Object.entries(layers))('%s', (_, { layer, x }) => {
  it('is the ordinary layer at λ = 0 and without λ, whatever V and C', async () => {
    const ordinary = layer.elementary.call(x);
    expect(await distance(layer.call(x, lambdas.mul(0)), ordinary)).toBe(0);
    expect(await distance(layer.call(x), ordinary)).toBe(0);
    expect(await distance(layer.call(x, lambdas), ordinary)).toBeGreaterThan(0.1);
  });

  it('gives each sample the output of the layer that is built for its λ', async () => {
    const batched = layer.call(x, lambdas);
    for (const row of [0, 1, 2]) {
      const lambda = tensor((await numbersOf(lambdas)).slice(2 * row, 2 * row + 2), dtype);
      const single = layer.at(lambda).call(x);
      const own = (all: Tensor) =>
        all.reshape([3, -1]).mul(float64([0, 1, 2].map((i) => [i === row ? 1 : 0])));
      expect(await distance(own(batched), own(single))).toBeLessThan(1e-12);
      expect(await distance(layer.call(x, lambda), single)).toBeLessThan(1e-12);
    }
  });

  it('gives the weights of every sample at once', async () => {
    const { weight, bias } = layer.response(lambdas);
    const lambda = tensor((await numbersOf(lambdas)).slice(4), dtype);
    const single = layer.at(lambda);
    const last = async (all: Tensor) => (await numbersOf(all)).slice(-all.size / 3);
    expect(await last(weight)).toEqual(await numbersOf(single.weight));
    expect(bias === undefined).toBe(single.bias === undefined);
    if (bias) expect(await last(bias)).toEqual(await numbersOf(single.bias!));
  });

  it('is affine in λ', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -300, max: 300 }), async (hundredths) => {
        const t = hundredths / 100;
        const others = lambdas.mul(-0.7).add(0.3);
        const mixed = layer.call(x, lambdas.mul(t).add(others.mul(1 - t)));
        const outputs = layer
          .call(x, lambdas)
          .mul(t)
          .add(layer.call(x, others).mul(1 - t));
        expect(await distance(mixed, outputs)).toBeLessThan(1e-11);
      }),
      { numRuns: 10 },
    );
  });

  it('has the derivatives of finite differences', async () => {
    expect(
      await gradientError((a: Tensor, b: Tensor) => layer.call(a, b).square(), [x, lambdas]),
    ).toBeLessThan(1e-6);
  });

  it('learns nothing about the response at λ = 0 without perturbation, and something with it', async () => {
    const slope = (lambda: Tensor) =>
      grad((at: typeof layer) => at.call(x, lambda).square().sum())(layer)
        .gates.abs()
        .max()
        .item();
    expect(await slope(lambdas.mul(0))).toBe(0);
    expect(await slope(lambdas)).toBeGreaterThan(0.01);
  });

  it('refuses λ of another width, of another batch, and of integers', () => {
    const name = layer instanceof StnLinear ? 'StnLinear' : 'StnConv';
    expect(() => layer.call(x, float64([[1], [2], [3]]))).toThrow(
      `${name}: lambda: got [3, 1], expected [2] or [samples, 2]`,
    );
    expect(() => layer.call(x, lambdas.reshape([3, 1, 2]))).toThrow(/expected \[2\] or \[samples, 2\]/);
    expect(() => layer.call(x, float64([[1, 2]]))).toThrow(
      `${name}: lambda: got 1 rows for a batch of 3, expected one for each sample`,
    );
    expect(() => layer.call(x, tensor([1, 2], 'int32'))).toThrow(/expected float32 or float64/);
    expect(() => layer.at(lambdas)).toThrow(`${name}: lambda: got [3, 2], expected [hyperparameters]`);
    expect(() => layer.response(float64([1, 2, 3]))).toThrow(/got \[3\]/);
  });
});

describe('a best-response layer', () => {
  it('gates V by (gradient of the output ⊙ W_hyper x) ⊗ λ, summed over the batch', async () => {
    const { layer } = layers.StnLinear;
    const upstream = normal(key, [3, 5], { dtype });
    const gradient = grad((at: StnLinear) => at.call(inputs, lambdas).mul(upstream).sum())(layer).gates;
    const byHand = lambdas.transpose().matMul(upstream.mul(layer.hyper.call(inputs)));
    const ofBias = lambdas.transpose().matMul(upstream.mul(layer.hyperBias!));
    const rows = (await gradient.toArray()) as number[][];
    const expected = [(await byHand.toArray()) as number[][], (await ofBias.toArray()) as number[][]];
    rows.forEach((row, i) => {
      row.forEach((each, j) => {
        expect(each).toBeCloseTo(expected[Math.floor(j / 5)]![i]![j % 5]!, 10);
      });
    });
  });

  it('begins as the sheet of the paper says: fan-in bounds, and gates with a deviation of 0.01', async () => {
    const layer = new StnLinear(key, 16, 400, 5);
    for (const part of [
      layer.elementary.weight,
      layer.elementary.bias!,
      layer.hyper.weight,
      layer.hyperBias!,
    ]) {
      const values = await numbersOf(part.abs());
      expect(Math.max(...values)).toBeLessThanOrEqual(0.25);
      expect(Math.max(...values)).toBeGreaterThan(0.24);
    }
    const squares = await numbersOf(layer.gates.square());
    expect(Math.sqrt(squares.reduce((a, b) => a + b) / squares.length)).toBeCloseTo(0.01, 3);
    expect(layer.gates.shape).toEqual([5, 800]);
    const conv = new StnConv(key, 4, 100, [3, 3], 2);
    const largest = await conv.hyperBias!.abs().max().item();
    expect(largest).toBeLessThanOrEqual(1 / 6);
    expect(largest).toBeGreaterThan(0.15);
  });

  it('refuses no hyperparameters and gates that never vary', () => {
    expect(() => new StnLinear(key, 2, 2, 0)).toThrow(
      'StnLinear: hyperparameters: got 0, expected an integer of at least 1',
    );
    expect(() => new StnConv(key, 2, 2, [3, 3], 0)).toThrow(/StnConv: hyperparameters: got 0/);
    expect(() => new StnLinear(key, 2, 2, 1, { gateDeviation: 0 })).toThrow(
      'StnLinear: gateDeviation: got 0, expected a finite number above 0',
    );
  });
});

describe('constrain', () => {
  const at = (lambda: number, range: HyperparameterRange, discrete = false) =>
    constrain(float64(lambda), { range, discrete }).item();

  it('has the values of the paper', async () => {
    expect(await at(0, [0, 0.9])).toBeCloseTo(0.45, 14);
    expect(await at(0.3, [0, 0.9])).toBeCloseTo(0.51699827, 8);
    expect(await at(-1.2, [0, infinity])).toBeCloseTo(0.26328247, 8);
    expect(await at(0.5, [-infinity, 1])).toBeCloseTo(0.025923016, 8);
    expect(await at(2, [-infinity, infinity])).toBe(2);
    expect(await at(1.1, [0, 25], true)).toBe(18);
  });

  it('stays within its range and is undone by unconstrain', async () => {
    const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        finite(-50, 50),
        finite(0.5, 30),
        fc.array(finite(-8, 8), { minLength: 4, maxLength: 4 }),
        async (low, width, numbers) => {
          const lambda = float64(numbers);
          for (const range of [
            [low, low + width],
            [low, infinity],
            [-infinity, low],
            [-infinity, infinity],
          ] as const) {
            const values = await evaluate(constrain(lambda, { range }));
            for (const value of await numbersOf(values)) {
              expect(value).toBeGreaterThan(range[0]);
              expect(value).toBeLessThan(range[1]);
            }
            expect(await distance(unconstrain(values, range), lambda)).toBeLessThan(1e-6);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('has the derivatives of finite differences', async () => {
    for (const range of [
      [0, 0.9],
      [2, infinity],
      [-infinity, 3],
      [-infinity, infinity],
    ] as const) {
      const of = (lambda: Tensor) => constrain(lambda, { range });
      expect(await gradientError(of, [float64([-2, 0.1, 3])])).toBeLessThan(1e-7);
    }
  });

  it('refuses to be differentiated where it makes whole numbers, but not behind stopGradient', async () => {
    const transform = { range: [0, 25], discrete: true } as const;
    const of = (lambda: Tensor) => constrain(lambda, transform).mul(lambda);
    expect(() => grad(of)(float64(1.1))).toThrow(/constrain: a discrete hyperparameter has no gradient/);
    const stopped = (lambda: Tensor) => stopGradient(constrain(lambda, transform)).mul(lambda);
    expect(await grad(stopped)(float64(1.1)).item()).toBe(18);
  });

  it('refuses ranges that are none and values outside', () => {
    for (const range of [
      [1, 1],
      [2, 1],
      [0, Number.NaN],
      [infinity, infinity],
      [-infinity, -infinity],
    ] as const) {
      expect(() => constrain(float64(0), { range })).toThrow(/constrain: range: got .*expected two bounds/);
    }
    for (const value of [0, 1, -1, 2, Number.NaN]) {
      expect(() => unconstrain(float64(value), [0, 1])).toThrow(
        `unconstrain: got ${value}, expected a value inside (0, 1)`,
      );
    }
    expect(() => constrain(tensor(1, 'int32'), { range: [0, 1] })).toThrow(/float32 or float64/);
  });
});

describe('hyperparameters', () => {
  it('begin with the λ of their initial values, discrete ones in the middle of their step', async () => {
    const hyperparameters = {
      dropout: { range: [0, 0.9], initial: 0.05 },
      decay: { range: [0, infinity], initial: 1e-4, shared: true },
      length: { range: [0, 24], initial: 4, discrete: true },
      holes: { range: [0, 1.5], initial: 1, discrete: true },
    } as const;
    const lambda = await initialLambda(hyperparameters);
    expect(lambda.dtype).toBe('float32');
    const values = constrainedValues(hyperparameters, lambda);
    expect(await values.dropout.item()).toBeCloseTo(0.05, 7);
    expect(await values.decay.item()).toBeCloseTo(1e-4, 9);
    expect([await values.length.item(), await values.holes.item()]).toEqual([4, 1]);
    expect(await constrain(lambda, { range: [0, 24] }).data()).toBeDefined();
    expect((await numbersOf(constrain(lambda, { range: [0, 24] })))[2]).toBeCloseTo(4.5, 5);
  });

  it.each([
    [{ range: [0, 1], initial: 0 }, 'initialLambda: rate: initial: got 0, expected a value inside (0, 1)'],
    [{ range: [0, 1], initial: 1 }, 'initialLambda: rate: initial: got 1, expected a value inside (0, 1)'],
    [{ range: [0, 1], initial: -3 }, 'initialLambda: rate: initial: got -3, expected a value inside (0, 1)'],
    [{ range: [0, 1], initial: Number.NaN }, /initial: got NaN/],
    [
      { range: [1, 0], initial: 0.5 },
      'initialLambda: rate: range: got (1, 0), expected two bounds, the lower one first',
    ],
    [
      { range: [0, 9], initial: 2.5, discrete: true },
      'initialLambda: rate: initial: got 2.5, expected a whole number',
    ],
  ] as const)('refuse %j', async (rate, message) => {
    await expect(initialLambda({ rate })).rejects.toThrow(message);
  });

  it('refuse to be none, and λ of another width', async () => {
    await expect(initialLambda({})).rejects.toThrow(
      'initialLambda: hyperparameters: got none, expected at least one',
    );
    const rate = { range: [0, 1], initial: 0.5 } as const;
    expect(() => constrainedValues({ rate }, float64([1, 2]))).toThrow(
      'constrainedValues: lambda: got [2], expected [..., 1]',
    );
  });
});

describe('perturbations', () => {
  const hyperparameters = {
    rate: { range: [0, 1], initial: 0.5 },
    decay: { range: [0, infinity], initial: 1, shared: true },
  } as const;
  const tuned = { lambda: float64([0.4, -1]), rawScale: float64([0.1, -0.5]) };

  it('have an entropy of 1.4189385 for one of deviation 1, and log c more for c times that', async () => {
    expect(await perturbationEntropy(float64([0.54132485])).item()).toBeCloseTo(1.4189385, 6);
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.1, max: 5, noNaN: true }), async (factor) => {
        const rawScale = float64([0.3, -1]);
        const larger = unconstrain(softplus(rawScale).mul(factor), [0, infinity]);
        const more = perturbationEntropy(larger).sub(perturbationEntropy(rawScale));
        expect(await more.item()).toBeCloseTo(2 * Math.log(factor), 8);
      }),
      { numRuns: 20 },
    );
  });

  it('are independent for each sample, with mean λ and deviation σ, and one for shared hyperparameters', async () => {
    const { lambda, values } = await evaluate(perturbHyperparameters(key, hyperparameters, tuned, 4000));
    const rows = (await lambda.toArray()) as [number, number][];
    const rates = rows.map(([rate]) => rate);
    const mean = rates.reduce((a, b) => a + b) / rates.length;
    const deviation = Math.sqrt(rates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / rates.length);
    expect(Math.abs(mean - 0.4)).toBeLessThan(0.05);
    expect(Math.abs(deviation - Math.log1p(Math.exp(0.1)))).toBeLessThan(0.03);
    expect(new Set(rates).size).toBe(4000);
    expect(new Set(rows.map(([, decay]) => decay)).size).toBe(1);
    expect(rows[0]![1]).not.toBe(-1);
    expect([values.rate.shape, values.decay.shape]).toEqual([[4000], []]);
    expect(await values.decay.item()).toBeCloseTo(Math.log1p(Math.exp(rows[0]![1])), 12);
    expect((await numbersOf(values.rate))[7]).toBeCloseTo(1 / (1 + Math.exp(-rates[7]!)), 12);
  });

  it('pass gradients to λ and, by the reparameterization, to s', async () => {
    const of = (lambda: Tensor, rawScale: Tensor) =>
      perturbHyperparameters(key, hyperparameters, { lambda, rawScale }, 3).lambda.square();
    expect(await gradientError(of, [tuned.lambda, tuned.rawScale])).toBeLessThan(1e-6);
  });
});

describe('sampleDropout', () => {
  it('drops a share of its own from each sample and keeps the mean', async () => {
    const rates = float64([0, 0.2, 0.9]);
    const rows = (await sampleDropout(
      key,
      float64([1, 1, 1])
        .reshape([3, 1, 1])
        .add(normal(key, [3, 100, 100], { dtype }).mul(0)),
      rates,
    )
      .reshape([3, -1])
      .toArray()) as number[][];
    rows.forEach((row, i) => {
      const rate = [0, 0.2, 0.9][i]!;
      expect(Math.abs(row.filter((each) => each === 0).length / row.length - rate)).toBeLessThan(0.02);
      for (const each of new Set(row))
        expect([0, 1 / (1 - rate)].some((value) => Math.abs(value - each) < 1e-9)).toBe(true);
    });
  });

  it('takes one rate for all, and one that rounding has taken to 1', async () => {
    const x = normal(key, [4, 6]);
    expect(await distance(sampleDropout(key, x, tensor(0)), x)).toBe(0);
    const all = grad((at: Tensor, lambda: Tensor) =>
      sampleDropout(key, at, constrain(lambda, { range: [0, 1] })).sum(),
    );
    expect(await numbersOf(all(x, tensor([40, 40, 40, 40])))).toEqual(Array(24).fill(0));
  });

  it('refuses other numbers of rates and rates outside [0, 1)', () => {
    const x = normal(key, [4, 6]);
    expect(() => sampleDropout(key, x, tensor([0.1, 0.2]))).toThrow(
      'sampleDropout: got rates [2] for [4, 6], expected one for each sample or a scalar',
    );
    for (const rate of [1, -0.1, Number.NaN]) {
      expect(() => sampleDropout(key, x, tensor(rate))).toThrow(
        /rates: got .*expected numbers from 0 to below 1/,
      );
    }
  });
});

describe('exactBestResponse', () => {
  it('gates the direction of singular value d by d² / (d² + e^λ)', async () => {
    const of = (d: number) => exactBestResponse(float64([[d]]), float64([1]));
    expect(await numbersOf(of(1).gate(float64(0)))).toEqual([0.5]);
    expect((await numbersOf(of(2).gate(float64(0))))[0]).toBeCloseTo(0.8, 12);
  });

  it('is the minimum of the penalized squares, for one λ and for many', async () => {
    const [x, y] = [normal(key, [7, 3], { dtype }), normal(splitKey(key)[0], [7], { dtype })];
    const exact = exactBestResponse(x, y);
    const objective = (w: Tensor, lambda: number) =>
      x
        .matMul(w.reshape([3, 1]))
        .reshape([7])
        .sub(y)
        .square()
        .sum()
        .add(w.square().sum().mul(Math.exp(lambda)));
    for (const lambda of [-3, 0, 2]) {
      const weights = exact.weights(float64(lambda));
      expect(
        await grad((w: Tensor) => objective(w, lambda))(weights)
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-10);
    }
    const many = exact.weights(float64([-3, 0]));
    expect(many.shape).toEqual([2, 3]);
    const second = (await numbersOf(many)).slice(3);
    expect(await distance(float64(second), exact.weights(float64(0)))).toBeLessThan(1e-14);
  });

  it('takes the shortest weights where there are several', async () => {
    const exact = exactBestResponse(
      float64([
        [1, 1],
        [2, 2],
        [0, 0],
      ]),
      float64([2, 4, 1]),
    );
    const weights = await numbersOf(exact.unregularized);
    for (const each of weights) expect(each).toBeCloseTo(1, 10);
    for (const each of await numbersOf(exact.weights(float64(-40)))) expect(each).toBeCloseTo(1, 8);
  });

  it('refuses other shapes and what is not finite', () => {
    expect(() => exactBestResponse(float64([1, 2]), float64([1, 2]))).toThrow(
      'exactBestResponse: got [2] and [2], expected [samples, features] and [samples]',
    );
    expect(() => exactBestResponse(float64([[1], [2]]), float64([1]))).toThrow(/got \[2, 1\] and \[1\]/);
    expect(() => exactBestResponse(float64([[Number.NaN]]), float64([1]))).toThrow(
      'exactBestResponse: got NaN, expected finite numbers',
    );
  });
});
