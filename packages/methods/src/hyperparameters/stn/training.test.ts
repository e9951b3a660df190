import {
  adam,
  BatchNorm,
  columns,
  Linear,
  loader,
  mapParameters,
  meanSquaredError,
  repeat,
  sgd,
} from '@evenkeel/nn';
import {
  copy,
  floor,
  leavesOf,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import { type SelfTuningOptions, type SelfTuningProgress, StnLinear, selfTune, selfTuning } from './index.js';

interface Batch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

const dtype = 'float64';
const [first, second, third, fourth] = splitKey(randomKey(3), 4);
const batch: Batch = { inputs: normal(first, [6, 3], { dtype }), targets: normal(second, [6, 1], { dtype }) };
const held: Batch = { inputs: normal(third, [8, 3], { dtype }), targets: normal(fourth, [8, 1], { dtype }) };
/** The same batch for ever, as often as it is asked for. */
const endless = (each: Batch) => ({ batchesFrom: () => repeat(each) });
const network = new StnLinear(randomKey(1), 3, 1, 2, { dtype, gateDeviation: 0.3 });

const hyperparameters = {
  noise: { range: [0, 0.3], initial: 0.1 },
  decay: { range: [0, Number.POSITIVE_INFINITY], initial: 0.5, shared: true },
} as const;
type Name = keyof typeof hyperparameters;

const options: SelfTuningOptions<StnLinear, Batch, Name> = {
  model: network,
  hyperparameters,
  trainLoss: (model, { inputs, targets }, { lambda, values, key }) => {
    const noisy = inputs.add(normal(key, inputs.shape, { dtype }).mul(values.noise.reshape([-1, 1])));
    const decay = model.elementary.weight.square().sum().mul(values.decay);
    return meanSquaredError(model.call(noisy, lambda), targets).add(decay);
  },
  validationLoss: (model, { inputs, targets }, { lambda }) =>
    meanSquaredError(model.call(inputs, lambda), targets),
  batches: endless(batch),
  validationBatches: endless(held),
  steps: 9,
  warmUp: 3,
  lambdaOptimizer: sgd({ learningRate: 0.1 }),
  scaleOptimizer: sgd({ learningRate: 0.1 }),
};

const numbersOf = async (tree: unknown) =>
  (await Promise.all(leavesOf(tree).map(async (leaf) => Array.from(await leaf.data(), Number)))).flat();

/** What every step leaves behind. */
async function progressOf<N extends string>(
  own: SelfTuningOptions<StnLinear, Batch, N>,
): Promise<{ weights: number[]; at: Omit<SelfTuningProgress<StnLinear, N>, 'model' | 'lambda'> }[]> {
  const all = [];
  for await (const { model, lambda: _, ...at } of selfTuning(own))
    all.push({ weights: await numbersOf(model), at });
  return all;
}

describe('selfTuning', () => {
  it('leaves λ and σ alone in training steps', async () => {
    const all = await progressOf(options);
    const lambdas = all.map(({ at }) => at.hyperparameters);
    // Warm-up of three, then a validation step after every second.
    for (const step of [1, 2, 3, 5, 7]) expect(lambdas[step]).toEqual(lambdas[step - 1]);
    for (const step of [4, 6, 8]) {
      for (const name of ['noise', 'decay'] as const) {
        expect(lambdas[step]![name].lambda).not.toBe(lambdas[step - 1]![name].lambda);
        expect(lambdas[step]![name].scale).not.toBe(lambdas[step - 1]![name].scale);
      }
    }
    expect(all.map(({ at }) => at.validationLoss !== undefined)).toEqual([
      ...[false, false, false, false],
      ...[true, true, true, true, true],
    ]);
  });

  it('leaves the weights alone in validation steps', async () => {
    // Training that does nothing, so that whatever changes is changed by validation steps.
    const all = await progressOf({ ...options, warmUp: 0, weightOptimizer: sgd({ learningRate: 0 }) });
    const start = await numbersOf(network);
    for (const { weights } of all) expect(weights).toEqual(start);
    expect(all.at(-1)!.at.hyperparameters.noise.lambda).not.toBe(all[0]!.at.hyperparameters.noise.lambda);
  });

  it('begins with the initial values and σ₀', async () => {
    const { at } = (await progressOf({ ...options, steps: 4, sigma0: 0.7 }))[0]!;
    expect(at.hyperparameters.noise.value).toBeCloseTo(0.1, 12);
    expect(at.hyperparameters.noise.lambda).toBeCloseTo(Math.log(0.5), 12);
    expect(at.hyperparameters.decay.value).toBeCloseTo(0.5, 12);
    expect(at.hyperparameters.decay.scale).toBeCloseTo(0.7, 12);
  });

  it('takes as many steps of each kind as it is told', async () => {
    const all = await progressOf({ ...options, steps: 8, warmUp: 2, trainSteps: 3, validationSteps: 2 });
    const changes = all.filter(
      ({ at }, i) => i > 0 && at.hyperparameters.noise.lambda !== all[i - 1]!.at.hyperparameters.noise.lambda,
    );
    expect(changes.map(({ at }) => at.step)).toEqual([5, 8]);
    // Two validation steps at once go twice as far as one, nearly.
    const one = await progressOf({ ...options, steps: 8, warmUp: 2, trainSteps: 3 });
    const moved = (run: typeof all) => Math.abs(run[4]!.at.hyperparameters.noise.scale - 0.5);
    expect(moved(all) / moved(one)).toBeGreaterThan(1.5);
  });

  it('warms up for five epochs, unless said, where there are epochs', async () => {
    const data = (at: Batch) => {
      const column = (x: Tensor) =>
        ({ data: Float64Array.from(x.value!.data, Number), shape: x.shape, dtype }) as const;
      return columns({ inputs: column(at.inputs), targets: column(at.targets) });
    };
    await copy([batch, held]);
    for (const each of [...Object.values(batch), ...Object.values(held)]) await each.data();
    const { warmUp: _, ...rest } = options;
    const batches = loader(data(batch), { batchSize: 3, seed: 0 });
    const validationBatches = loader(data(held), { batchSize: 4, seed: 0 });
    const all = await progressOf({ ...rest, batches, validationBatches, steps: 13 });
    expect(all.findIndex(({ at }) => at.validationLoss !== undefined)).toBe(11);
  });

  it('steps by the gradient of J: F of λ + ε less τ times the entropy', async () => {
    // A validation loss without λ leaves the entropy alone: ds = 0.1 τ softplus'(s) / softplus(s).
    const flat = { ...options, steps: 1, warmUp: 0, trainSteps: 1, tau: 0.5 };
    const { history } = await selfTune({
      ...flat,
      validationLoss: (model, { inputs, targets }) => meanSquaredError(model.call(inputs), targets),
    });
    const { lambda, scale } = history[0]!.hyperparameters.noise;
    expect(lambda).toBeCloseTo(Math.log(0.5), 12);
    const raw = Math.log(Math.expm1(0.5));
    const slope = 1 / (1 + Math.exp(-raw)) / 0.5;
    expect(scale).toBeCloseTo(Math.log1p(Math.exp(raw + 0.1 * 0.5 * slope)), 12);
  });

  it('lets the validation loss depend on values themselves', async () => {
    const { history } = await selfTune({
      ...options,
      ...{ steps: 4, warmUp: 0, trainSteps: 1, tau: 0 },
      validationLoss: (_, __, { values }) => values.decay.sub(values.noise.mean()),
    });
    const { noise, decay } = history.at(-1)!.hyperparameters;
    expect(noise.value).toBeGreaterThan(0.1);
    expect(decay.value).toBeLessThan(0.5);
  });

  it('takes λ without noise, and keeps σ, where the scale is not tuned', async () => {
    let rows: Tensor | undefined;
    const { history } = await selfTune({
      ...options,
      ...{ steps: 3, warmUp: 0, trainSteps: 1, tuneScale: false },
      // The variance of λ over rows: 0 without noise.
      validationLoss: (_, __, { lambda }) => {
        rows = lambda;
        return lambda
          .sub(lambda.mean({ axis: 0, keepAxes: true }))
          .square()
          .sum();
      },
    });
    expect(rows!.shape).toEqual([8, 2]);
    for (const { validationLoss, hyperparameters: at } of history) {
      expect(validationLoss).toBeLessThan(1e-25);
      expect(at.noise.scale).toBeCloseTo(0.5, 12);
    }
  });

  it('gives the loss one perturbation a row, as many as said, and the values that go with them', async () => {
    const shapes: unknown[] = [];
    await selfTune({
      ...options,
      ...{ steps: 1, warmUp: 0, perturbations: 5 },
      trainLoss: (model, _, { lambda, values }) => {
        shapes.push(lambda.shape, values.noise.shape, values.decay.shape);
        return model.response(lambda).weight.square().sum().add(values.noise.sum());
      },
    });
    expect(shapes.slice(0, 3)).toEqual([[5, 2], [5], []]);
  });

  it('hands the values of a step to augmentations before it', async () => {
    const seen: { values: Readonly<Record<Name, readonly number[]>>; step: number }[] = [];
    const all = await progressOf({
      ...options,
      ...{ steps: 3, warmUp: 0 },
      augment(given, values, step) {
        seen.push({ values, step });
        return { ...given, targets: tensor(values.noise, dtype).reshape([6, 1]) };
      },
      // The loss sees the very same values: the difference is 0.
      trainLoss: (model, { targets }, { lambda, values }) => ({
        loss: model.call(batch.inputs, lambda).square().mean(),
        metrics: { difference: targets.reshape([6]).sub(values.noise).abs().max() },
      }),
    });
    expect(seen.map(({ step }) => step)).toEqual([0, 1, 2]);
    expect(seen[0]!.values.noise).toHaveLength(6);
    expect(seen[0]!.values.decay).toHaveLength(1);
    expect(seen[0]!.values.noise).not.toEqual(seen[1]!.values.noise);
    for (const { at } of all) expect(at.metrics.difference).toBe(0);
  });

  it('keeps new state that the training loss reports', async () => {
    const model = {
      layer: new StnLinear(randomKey(0), 3, 4, 1, { dtype }),
      norm: new BatchNorm(4, { dtype }),
      output: new Linear(randomKey(1), 4, 1, { dtype }),
    };
    const { model: trained } = await selfTune({
      model,
      hyperparameters: { noise: hyperparameters.noise },
      trainLoss: ({ layer, norm, output }, { inputs, targets }: Batch, { lambda }) => {
        const [normalized, next] = norm.train(layer.call(inputs, lambda));
        return {
          loss: meanSquaredError(output.call(normalized), targets),
          model: { layer, norm: next, output },
        };
      },
      validationLoss: ({ layer, norm, output }, { inputs, targets }, { lambda }) =>
        meanSquaredError(output.call(norm.call(layer.call(inputs, lambda))), targets),
      ...{ batches: endless(batch), validationBatches: endless(held), steps: 2 },
    });
    expect(await trained.norm.running.mean.abs().max().item()).toBeGreaterThan(0);
  });

  it('is the same for the same key, and another for another', async () => {
    const run = async (seed: number) => (await selfTune({ ...options, key: randomKey(seed) })).history;
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });

  it('finds the λ of least validation loss where the response is known', async () => {
    // One weight w(λ) that is pulled to 0 by e^λ: trained on 2 x, it should be 1, at e^λ = 1.
    const one = { inputs: tensor([[1]], dtype), targets: tensor([[2]], dtype) };
    const model = mapParameters(
      new StnLinear(randomKey(2), 1, 1, 1, { dtype, bias: false }),
      /elementary/,
      (x) => x.mul(0),
    );
    const {
      hyperparameters: end,
      model: trained,
      lambda,
    } = await selfTune({
      model,
      hyperparameters: {
        strength: { range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], initial: -2 },
      },
      trainLoss: (own, { inputs, targets }: Batch, { lambda: perturbed, values }) => {
        const w = own.response(perturbed).weight.reshape([32]);
        const error = w.mul(inputs.reshape([])).sub(targets.reshape([])).square();
        return error.add(values.strength.exp().mul(w.square())).mean();
      },
      validationLoss: (own, { targets }, { lambda: perturbed }) =>
        own.response(perturbed).weight.reshape([32]).sub(targets.reshape([])).square().mean(),
      batches: endless(one),
      validationBatches: endless({ inputs: tensor([[1]], dtype), targets: tensor([[1]], dtype) }),
      ...{ steps: 800, warmUp: 100, perturbations: 32 },
      weightOptimizer: adam({ learningRate: 0.02 }),
      lambdaOptimizer: adam({ learningRate: 0.02 }),
      scaleOptimizer: adam({ learningRate: 0.02 }),
    });
    expect(Math.abs(end.strength.value)).toBeLessThan(0.25);
    expect(Math.abs((await trained.at(lambda).weight.item()) - 1)).toBeLessThan(0.1);
  });
});

describe('selfTuning refuses', () => {
  const run = (own: Partial<SelfTuningOptions<StnLinear, Batch, Name>>) => selfTune({ ...options, ...own });
  const noise = hyperparameters.noise;
  const changed = (change: object) => ({
    hyperparameters: { ...hyperparameters, noise: { ...noise, ...change } },
  });

  it.each([
    [
      'no hyperparameters',
      { hyperparameters: {} as typeof hyperparameters },
      'selfTuning: hyperparameters: got none, expected at least one',
    ],
    [
      'an initial value on its range',
      changed({ initial: 0 }),
      'selfTuning: noise: initial: got 0, expected a value inside (0, 0.3)',
    ],
    [
      'an initial value outside',
      changed({ initial: 1 }),
      'selfTuning: noise: initial: got 1, expected a value inside (0, 0.3)',
    ],
    [
      'a range that is none',
      changed({ range: [1, 0] }),
      'selfTuning: noise: range: got (1, 0), expected two bounds, the lower one first',
    ],
    ['σ₀ = 0', { sigma0: 0 }, 'selfTuning: sigma0: got 0, expected a finite number above 0'],
    ['σ₀ < 0', { sigma0: -1 }, 'selfTuning: sigma0: got -1, expected a finite number above 0'],
    ['τ < 0', { tau: -1 }, 'selfTuning: tau: got -1, expected a finite number of at least 0'],
    ['no steps', { steps: 0 }, 'selfTuning: steps: got 0, expected an integer of at least 1'],
    [
      'no training steps',
      { trainSteps: 0 },
      'selfTuning: trainSteps: got 0, expected an integer of at least 1',
    ],
    ['no validation steps', { validationSteps: 0 }, /validationSteps: got 0/],
    ['no perturbations', { perturbations: 0 }, /perturbations: got 0/],
    ['warming up to the end', { warmUp: 9 }, 'selfTuning: warmUp: got 9 of 9 steps, expected fewer'],
    [
      'warming up by halves',
      { warmUp: 0.5 },
      'selfTuning: warmUp: got 0.5, expected an integer of at least 0',
    ],
    ['no training batches', { batches: [] }, 'selfTuning: batches: got no batch, expected one for each step'],
    [
      'training batches that end',
      { batches: [batch] },
      'selfTuning: batches: got only 1, expected one for each step',
    ],
    [
      'an empty validation set',
      { validationBatches: [] },
      'selfTuning: validationBatches: got no batch, expected one for each step',
    ],
    [
      'validation batches without samples',
      { validationBatches: [{ inputs: zeros([0, 3], dtype), targets: zeros([0, 1], dtype) }] },
      'selfTuning: validationBatches: got a batch without samples, expected at least one',
    ],
    [
      'the training batch again',
      { validationBatches: endless(batch) },
      'selfTuning: validationBatches: got a training batch, expected samples held out',
    ],
    [
      'a loss that is not finite',
      { trainLoss: (model: StnLinear) => model.gates.sum().div(0) },
      /selfTuning: the training loss is/,
    ],
  ])('%s', async (_, change, message) => {
    await expect(run(change as Partial<typeof options>)).rejects.toThrow(message);
  });

  it('the same source for both sets', async () => {
    const batches = endless(batch);
    await expect(run({ batches, validationBatches: batches })).rejects.toThrow(
      'selfTuning: validationBatches: got the training batches, expected samples held out',
    );
  });

  it('discrete hyperparameters in the validation loss, not in the training loss', async () => {
    const discrete = changed({ range: [0, 24], initial: 4, discrete: true });
    const { hyperparameters: end } = await run({
      ...discrete,
      trainLoss: (model, { inputs, targets }, { lambda, values }) =>
        meanSquaredError(model.call(inputs, lambda), targets).add(
          floor(values.noise).sub(values.noise).abs().sum(),
        ),
    });
    expect(Number.isInteger(end.noise.value)).toBe(true);
    const used = run({ ...discrete, validationLoss: (_, __, { values }) => values.noise.mean() });
    await expect(used).rejects.toThrow(/a discrete hyperparameter has no gradient/);
  });

  it('to go on when it is aborted', async () => {
    const controller = new AbortController();
    const taken: number[] = [];
    const running = (async () => {
      for await (const { step } of selfTuning({ ...options, signal: controller.signal })) {
        taken.push(step);
        if (step === 2) controller.abort(new Error('enough'));
      }
    })();
    await expect(running).rejects.toThrow('enough');
    expect(taken).toEqual([1, 2]);
  });
});
