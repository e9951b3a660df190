import { readFileSync } from 'node:fs';
import { compile, randomKey, type Tensor, tensor } from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  type AverageState,
  accumulate,
  adafactor,
  adam,
  adamW,
  averageWeights,
  chain,
  clipByValue,
  constantSchedule,
  cosineSchedule,
  fit,
  type GradientTransform,
  Linear,
  lbfgs,
  lion,
  masked,
  meanSquaredError,
  repeat,
  sgd,
  stepSchedule,
  trainingStep,
  warmUp,
} from '../index.js';

type Numbers = number[] | number[][];
/** Computed by bench/nn-golden/make_optimizers.py. */
const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as {
  start: { weight: number[][]; bias: number[] };
  inputs: number[][];
  outputs: number[][];
  paths: Record<string, [Numbers, Numbers][]>;
  minimum: { loss: number; params: [number[][], number[]] };
};
const [x, y] = [tensor(golden.inputs, 'float64'), tensor(golden.outputs, 'float64')];
const start = {
  weight: tensor(golden.start.weight, 'float64'),
  bias: tensor(golden.start.bias, 'float64'),
};
type Params = typeof start;
const lossOf = ({ weight, bias }: Params, shift: Tensor) =>
  meanSquaredError(x.matMul(weight).add(bias), y.add(shift)).add(weight.pow(4).sum().div(10));
const zero = tensor(0, 'float64');

interface Visited {
  readonly weight: number[];
  readonly bias: number[];
  readonly state: unknown;
}

/** Where an optimizer leads, with all steps in one program. */
async function visit(
  transform: GradientTransform,
  steps = 8,
  shifts: readonly Tensor[] = [zero],
): Promise<Visited[]> {
  const step = compile(trainingStep(lossOf, transform));
  let [model, state]: [Params, unknown] = [start, transform.init(start)];
  const visited: Visited[] = [];
  for (let i = 0; i < steps; i++) {
    ({ model, state } = await step(model, state, shifts[i % shifts.length]!));
    const [weight, bias] = await Promise.all([model.weight.data(), model.bias.data()]);
    visited.push({ weight: Array.from(weight, Number), bias: Array.from(bias, Number), state });
  }
  expect(step.traceCount).toBe(1);
  await step.release();
  return visited;
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((each, i) => {
    expect(each).toBeCloseTo(expected[i]!, 11);
  });
}

const learningRate = 0.05;
const transforms: Record<string, GradientTransform> = {
  sgd: sgd({ learningRate }),
  momentum: sgd({ learningRate, momentum: 0.8 }),
  nesterov: sgd({ learningRate, momentum: 0.8, nesterov: true }),
  adam: adam({ learningRate }),
  adamW: adamW({ learningRate, weightDecay: 0.1 }),
  adafactor: adafactor({ learningRate: 0.5, weightDecay: 0.1 }),
  lion: lion({ learningRate: 0.02, weightDecay: 0.1 }),
  cosine: sgd({ learningRate: cosineSchedule(0.05, 8, { final: 0.01 }) }),
  step: adam({ learningRate: stepSchedule(0.05, { every: 3, factor: 0.5 }) }),
  warmUp: adam({ learningRate: warmUp(constantSchedule(0.05), 4, { from: 0.25 }) }),
  clipByValue: chain(clipByValue(0.3), sgd({ learningRate })),
};

describe('paths of optimizers', () => {
  it.each(Object.entries(transforms))('%s takes the steps of the reference', async (name, transform) => {
    const visited = await visit(transform);
    golden.paths[name]!.forEach(([weight, bias], i) => {
      expectClose(visited[i]!.weight, weight.flat());
      expectClose(visited[i]!.bias, bias.flat());
    });
  });

  it('lbfgs ends at the minimum of the reference', async () => {
    const found = await lbfgs((params: Params) => lossOf(params, zero), start, { tolerance: 1e-9 });
    expect(found.converged).toBe(true);
    expect(found.loss).toBeCloseTo(golden.minimum.loss, 12);
    const [weight, bias] = golden.minimum.params;
    const ends = [found.params.weight, found.params.bias].map((each) => each.data());
    const [actualWeight, actualBias] = await Promise.all(ends);
    Array.from(actualWeight!, Number).forEach((each, i) => {
      expect(each).toBeCloseTo(weight.flat()[i]!, 6);
    });
    Array.from(actualBias!, Number).forEach((each, i) => {
      expect(each).toBeCloseTo(bias[i]!, 6);
    });
  });

  it('adafactor follows a schedule', async () => {
    const [scheduled, fixed] = await Promise.all([
      visit(adafactor({ learningRate: constantSchedule(0.5), weightDecay: 0.1 }), 3),
      visit(transforms.adafactor!, 3),
    ]);
    expectClose(scheduled[2]!.weight, fixed[2]!.weight);
  });
});

describe('masked', () => {
  it('applies a transform to chosen parameters, and leaves the others', async () => {
    const [plain, onBias] = [
      await visit(adam({ learningRate }), 1),
      await visit(masked(adam({ learningRate }), /^bias$/), 3),
    ];
    expect(onBias[2]!.weight).toEqual(golden.start.weight.flat());
    expectClose(onBias[0]!.bias, plain[0]!.bias);
  });

  it('keeps state for the chosen ones only, and tied weights tied', () => {
    const model = { first: new Linear(randomKey(0), 2, 3), second: start.bias, again: start.bias };
    const transform = masked(sgd({ learningRate, momentum: 0.9 }), /second/);
    const [updates, state] = transform.update(model, transform.init(model), model);
    expect(Object.keys((state as [object])[0])).toEqual(['second']);
    expect(updates.again).toBe(updates.second);
    expect(updates.first).toBeInstanceOf(Linear);
  });

  it('refuses a pattern that matches nothing', () => {
    expect(() => masked(sgd({ learningRate }), /kernel/).init(start)).toThrow(
      'masked: /kernel/ matches no parameter; there are weight, bias',
    );
  });
});

describe('averageWeights', () => {
  it('follows the parameters at a distance, without changing their path', async () => {
    const visited = await visit(averageWeights(adam({ learningRate }), 0.75));
    let average = golden.start.bias;
    for (const [i, [weight, bias]] of golden.paths.adam!.entries()) {
      expectClose(visited[i]!.weight, weight.flat());
      average = average.map((each, j) => 0.75 * each + 0.25 * bias.flat()[j]!);
      const found = (visited[i]!.state as AverageState).average as Params;
      expectClose(Array.from(await found.bias.data(), Number), average);
    }
  });

  it('works in training, which takes parameters and state over', async () => {
    const { model, optimizerState } = await fit({
      model: start,
      loss: lossOf,
      optimizer: averageWeights(sgd({ learningRate }), 0),
      batches: repeat(zero),
      steps: 3,
    });
    const average = (optimizerState as AverageState).average as Params;
    expect(await average.weight.toArray()).toEqual(await model.weight.toArray());
    expect(() => averageWeights(sgd({ learningRate }), 1)).toThrow('averageWeights: decay must be in [0, 1)');
  });
});

describe('accumulate', () => {
  it('takes one step along the mean of several gradients', async () => {
    const shifts = [tensor(0.5, 'float64'), tensor(-0.5, 'float64')];
    const visited = await visit(accumulate(adam({ learningRate }), 2), 8, shifts);
    for (let i = 0; i < 8; i += 2) {
      const before = i === 0 ? golden.start.weight.flat() : visited[i - 1]!.weight;
      expect(visited[i]!.weight).toEqual(before);
      const [weight, bias] = golden.paths.adam![i / 2]!;
      expectClose(visited[i + 1]!.weight, weight.flat());
      expectClose(visited[i + 1]!.bias, bias.flat());
    }
  });

  it('over one step changes nothing', async () => {
    const visited = await visit(accumulate(sgd({ learningRate, momentum: 0.8 }), 1), 3);
    expectClose(visited[2]!.weight, golden.paths.momentum![2]![0].flat());
  });
});

describe('optimizers refuse', () => {
  it('settings outside their range', () => {
    expect(() => lion({ learningRate, beta1: 1 })).toThrow('lion: beta1 must be in [0, 1), got 1');
    expect(() => lion({ learningRate, weightDecay: -1 })).toThrow('lion: weightDecay must be in');
    expect(() => adafactor({ clipThreshold: 0 })).toThrow('adafactor: clipThreshold must be in');
    expect(() => adafactor({ learningRate: -1 })).toThrow('adafactor: learningRate must be in');
    expect(() => sgd({ learningRate, nesterov: true })).toThrow(
      'sgd: nesterov wants momentum above 0, got 0',
    );
    expect(() => accumulate(sgd({ learningRate }), 0)).toThrow(
      'accumulate: steps must be a positive integer',
    );
  });
});
