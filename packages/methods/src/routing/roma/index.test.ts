import { adam, crossEntropy, Linear, MixtureOfExperts, topKRouter, train } from '@evenkeel/nn';
import {
  copy,
  flatten,
  grad,
  normal,
  oneHot,
  randomKey,
  slice,
  softmax,
  splitKey,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import { drawWindows, loadEras, windowLength } from '../eras.js';
import { MixtureLanguageModel } from '../languageModel.js';
import golden from './golden.json' with { type: 'json' };
import {
  type AlignRoutingOptions,
  alignRouting,
  alignRoutingSteps,
  manifoldLoss,
  neighborhoodOverlap,
  neighborhoods,
  routingWeights,
  successfulNeighbors,
} from './index.js';

const float64 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'float64');
const int32 = (elements: Parameters<typeof tensor>[0]) => tensor(elements, 'int32');
const numbers = async (x: Tensor) => Array.from(await x.data(), Number);
const drawn = (seed: number, shape: number[]) => normal(randomKey(seed), shape, { dtype: 'float64' });
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

/** Softmax of each layer, side by side. */
const routingOf = (logits: Tensor) => {
  const [samples, layers, experts] = logits.shape as [number, number, number];
  return softmax(logits).reshape([samples, layers * experts]);
};

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    manifold: {
      // Weights of the file have eight decimals.
      tolerance: { absolute: 1e-8 },
      async run({ inputs, options }) {
        const { neighbors: mode, k, epsilon, sigma, lambda = 3, target } = options;
        const found = await successfulNeighbors(float64(inputs.embeddings), inputs.success, {
          ...{ mode, k, epsilon, sigma },
        });
        const logits = float64(inputs.routerLogits);
        const termOf = (x: Tensor) =>
          manifoldLoss(routingOf(x), found.neighbors, found.weights, {
            target,
            ...(target === 'initial' && {
              of: routingOf(float64(inputs.initialLogits ?? inputs.routerLogits)),
            }),
          });
        const { perSample, loss } = termOf(logits);
        const slope = grad((x: Tensor) => termOf(x).loss.mul(lambda))(logits);
        const weights = (await found.weights.toArray()) as number[][];
        return {
          neighbors: found.lists,
          weights: weights.map((row, i) => row.slice(0, found.lists[i]!.length)),
          perSample: await perSample.toArray(),
          loss: lambda * (await loss.item()),
          gradRouterLogits: await slope.toArray(),
        };
      },
    },
  });
});

const worlds = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  samples: fc.integer({ min: 1, max: 12 }),
  k: fc.integer({ min: 1, max: 6 }),
  sigma: fc.constantFrom(1e-3, 0.3, 1, 100),
  solved: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
});
const runs = { numRuns: 25 };

describe('successfulNeighbors', () => {
  it('has k of those that are solved, never itself, most similar first, with weights that sum to 1', () =>
    fc.assert(
      fc.asyncProperty(worlds, async ({ seed, samples, k, sigma, solved }) => {
        const success = solved.slice(0, samples);
        const points = (await drawn(seed, [samples, 3]).toArray()) as number[][];
        const { lists, weights } = await successfulNeighbors(float64(points), success, { k, sigma });
        const distance = (i: number, j: number) =>
          Math.hypot(...points[i]!.map((x, d) => x - points[j]![d]!));
        const rows = (await weights.toArray()) as number[][];
        for (const [i, list] of lists.entries()) {
          const others = success.filter((each, j) => each && j !== i).length;
          expect(list).toHaveLength(Math.min(k, others));
          expect(list).not.toContain(i);
          expect(list.every((j) => success[j])).toBe(true);
          for (let at = 1; at < list.length; at++) {
            expect(distance(i, list[at - 1]!)).toBeLessThanOrEqual(distance(i, list[at]!));
          }
          if (list.length > 0) expect(sum(rows[i]!)).toBeCloseTo(1, 12);
          else expect(sum(rows[i]!)).toBe(0);
        }
      }),
      runs,
    ));

  it('weighs distances 0.5, 1 and 2 as the paper does', async () => {
    const { lists, weights } = await successfulNeighbors(
      float64([[0], [2], [0.5], [-1]]),
      [false, true, true, true],
      { sigma: 1 },
    );
    expect(lists[0]).toEqual([2, 3, 1]);
    const expected = [0.54328804, 0.37339604, 0.08331592];
    for (const [at, each] of (await numbers(weights)).slice(0, 3).entries()) {
      expect(each).toBeCloseTo(expected[at]!, 8);
    }
  });

  it('weighs equal distances alike, and the first come first', async () => {
    const corners = float64([
      [0, 0],
      [0, 1],
      [1, 0],
      [0, -1],
    ]);
    const { lists, weights } = await successfulNeighbors(corners, [true, true, true, true], { sigma: 0.1 });
    expect(lists[0]).toEqual([1, 2, 3]);
    for (const each of (await numbers(weights)).slice(0, 3)) expect(each).toBeCloseTo(1 / 3, 12);
  });

  it('changes no weight when all squared distances of a row get the same added', async () => {
    const points = [
      [0.3, 0],
      [1, 0],
      [-0.4, 0],
      [2, 0],
    ];
    // An axis that only the first one differs in adds the same to all its distances.
    const lifted = points.map(([x], i) => [x!, i === 0 ? 30 : 0]);
    const all = [true, true, true, true];
    const [near, far] = await Promise.all(
      [points, lifted].map((each) => successfulNeighbors(float64(each), all, { sigma: 0.5 })),
    );
    expect(far!.lists[0]).toEqual(near!.lists[0]);
    const rows = await Promise.all(
      [near, far].map(async (each) => (await numbers(each!.weights)).slice(0, 3)),
    );
    for (const [at, each] of rows[1]!.entries()) expect(each).toBeCloseTo(rows[0]![at]!, 10);
  });

  it('takes all of a ball, which is everything at 0 and duplicates alone at 1', async () => {
    const points = float64([[0], [1], [0], [3]]);
    const success = [true, true, true, false];
    const lists = async (epsilon: number) =>
      (await successfulNeighbors(points, success, { mode: 'epsilon', epsilon, sigma: 1 })).lists;
    expect(await lists(0)).toEqual([
      [2, 1],
      [0, 2],
      [0, 1],
      [1, 0, 2],
    ]);
    expect(await lists(0.6)).toEqual([[2, 1], [0, 2], [0, 1], []]);
    expect(await lists(1)).toEqual([[2], [], [0], []]);
  });

  it('weighs evenly for a wide sigma and the nearest alone for a narrow one', async () => {
    const points = float64([[0], [1], [2], [4]]);
    const all = [true, true, true, true];
    const first = async (sigma: number) =>
      (await numbers((await successfulNeighbors(points, all, { sigma })).weights)).slice(0, 3);
    for (const each of await first(1e6)) expect(each).toBeCloseTo(1 / 3, 9);
    expect(await first(1e-4)).toEqual([1, 0, 0]);
    expect(await first(1e-200)).toEqual([1, 0, 0]);
  });

  it('takes half the median distance for sigma', async () => {
    const { sigma } = await successfulNeighbors(float64([[0], [1], [3]]), [true, true, true]);
    expect(sigma).toBe(1);
  });

  it('takes successes as a tensor, and warns without any', async () => {
    const points = float64([[0], [1]]);
    const { lists } = await successfulNeighbors(points, tensor([true, false]));
    expect(lists).toEqual([[], [0]]);
    const onWarning = vi.fn();
    const none = await successfulNeighbors(points, [false, false], { onWarning });
    expect(onWarning).toHaveBeenCalledWith(expect.stringMatching(/no sample was successful/));
    const { loss } = manifoldLoss(float64([[1], [2]]), none.neighbors, none.weights);
    expect(await loss.item()).toBe(0);
  });

  it.each<[string, Parameters<typeof successfulNeighbors>, RegExp]>([
    [
      'sigma of 0',
      [float64([[0], [1]]), [true, true], { sigma: 0 }],
      /sigma must be positive and finite, got 0/,
    ],
    ['a negative sigma', [float64([[0], [1]]), [true, true], { sigma: -1 }], /sigma must be positive/],
    ['k of 0', [float64([[0], [1]]), [true, true], { k: 0 }], /k must be an integer of at least 1, got 0/],
    ['half a neighbour', [float64([[0], [1]]), [true, true], { k: 1.5 }], /k must be an integer/],
    [
      'an epsilon above 1',
      [float64([[0], [1]]), [true, true], { epsilon: 1.1 }],
      /epsilon must be from 0 to 1/,
    ],
    [
      'an epsilon below 0',
      [float64([[0], [1]]), [true, true], { epsilon: -0.1 }],
      /epsilon must be from 0 to 1/,
    ],
    [
      'an unknown mode',
      [float64([[0], [1]]), [true, true], { mode: 'ball' as never }],
      /mode must be one of/,
    ],
    [
      'other successes',
      [float64([[0], [1]]), [true], {}],
      /success: expected 2 booleans, one a sample, got 1/,
    ],
    [
      'embeddings of NaN',
      [float64([[0], [Number.NaN]]), [true, true], {}],
      /embeddings must be finite, got NaN/,
    ],
    ['a vector', [float64([0, 1]), [true, true], {}], /expected embeddings \[samples, features\], got \[2\]/],
    ['equal embeddings without sigma', [float64([[1], [1]]), [true, true], {}], /gives a sigma of 0/],
  ])('refuses %s', async (_, args, message) => {
    await expect(successfulNeighbors(...args)).rejects.toThrow(message);
  });
});

describe('manifoldLoss', () => {
  const [one, other] = [
    [0.5, 0.3, 0.2],
    [0.2, 0.3, 0.5],
  ];
  const pair = { neighbors: int32([[1], [-1]]), weights: float64([[1], [0]]) };

  it('is 0.18 for the pair of the paper, with the gradient of whoever moves', async () => {
    const routing = float64([one!, other!]);
    const slope = (target: 'detached' | 'both' | 'initial') =>
      grad((x: Tensor) =>
        manifoldLoss(x, pair.neighbors, pair.weights, {
          target,
          of: target === 'initial' ? routing : x,
        }).perSample.sum(),
      )(routing);
    const { perSample, loss } = manifoldLoss(routing, pair.neighbors, pair.weights);
    expect((await numbers(perSample)).map((each) => Number(each.toFixed(12)))).toEqual([0.18, 0]);
    expect(await loss.item()).toBeCloseTo(0.09, 12);
    const close = async (x: Tensor, expected: number[]) => {
      for (const [i, each] of (await numbers(x)).entries()) expect(each).toBeCloseTo(expected[i]!, 12);
    };
    await close(slope('detached'), [0.6, 0, -0.6, 0, 0, 0]);
    await close(slope('initial'), [0.6, 0, -0.6, 0, 0, 0]);
    await close(slope('both'), [0.6, 0, -0.6, -0.6, 0, 0.6]);
  });

  it('is 0 where all samples are routed alike', async () => {
    const routing = float64([one!, one!]);
    expect(await manifoldLoss(routing, pair.neighbors, pair.weights).loss.item()).toBe(0);
  });

  it('parts into the way to the mean neighbour and their spread, and has the gradient of the former', () =>
    fc.assert(
      fc.asyncProperty(worlds, async ({ seed, samples, k, sigma }) => {
        const [size, all] = [samples + 1, Array.from({ length: samples + 1 }, () => true)];
        const routing = softmax(drawn(seed, [size, 4]));
        const { lists, neighbors, weights } = await successfulNeighbors(drawn(seed + 1, [size, 2]), all, {
          k,
          sigma,
        });
        const r = (await routing.toArray()) as number[][];
        const w = (await weights.toArray()) as number[][];
        const square = (a: number[], b: number[]) => sum(a.map((x, e) => (x - b[e]!) ** 2));
        const means = lists.map((list, i) =>
          r[0]!.map((_, e) => sum(list.map((j, at) => w[i]![at]! * r[j]![e]!))),
        );
        const { perSample } = manifoldLoss(routing, neighbors, weights);
        for (const [i, each] of (await numbers(perSample)).entries()) {
          const spread = sum(lists[i]!.map((j, at) => w[i]![at]! * square(r[j]!, means[i]!)));
          expect(each).toBeCloseTo(square(r[i]!, means[i]!) + spread, 12);
          expect(each).toBeLessThanOrEqual(2);
        }
        const slope = grad((x: Tensor) => manifoldLoss(x, neighbors, weights).perSample.sum())(routing);
        for (const [at, each] of (await numbers(slope)).entries()) {
          const [i, e] = [Math.floor(at / 4), at % 4];
          expect(each).toBeCloseTo(2 * (r[i]![e]! - means[i]![e]!), 12);
        }
      }),
      runs,
    ));

  it('adds up over layers, and stays below 2 for each', async () => {
    const layers = [drawn(1, [5, 3]), drawn(2, [5, 3])].map((each) => softmax(each.mul(50)));
    const { neighbors, weights } = neighborhoods([[1, 2], [0], [4], [2], [0]]);
    const lossOf = (x: Tensor) => manifoldLoss(x, neighbors, weights).loss.item();
    const statistics = [drawn(1, [5, 3]), drawn(2, [5, 3])].map((each) => ({
      scores: each.mul(50),
      experts: int32([[0], [0], [0], [0], [0]]),
    }));
    const both = await lossOf(routingWeights(statistics, 5));
    expect(both).toBeCloseTo((await lossOf(layers[0]!)) + (await lossOf(layers[1]!)), 12);
    expect(both).toBeLessThanOrEqual(4);
  });

  it('has the gradient of finite differences', async () => {
    const { neighbors, weights } = neighborhoods([[1, 2], [0], [1]]);
    const both = (x: Tensor) => manifoldLoss(x, neighbors, weights, { target: 'both' }).loss;
    expect(await gradientError(both as never, [drawn(3, [3, 4])])).toBeLessThan(1e-6);
  });

  it.each<[string, Parameters<typeof manifoldLoss>, RegExp]>([
    [
      'other numbers of samples',
      [float64([one!]), pair.neighbors, pair.weights],
      /expected neighbours and weights \[1, most\]/,
    ],
    [
      'weights of another shape',
      [float64([one!, other!]), pair.neighbors, float64([[1], [0], [0]])],
      /got \[2, 1\] and \[3, 1\]/,
    ],
    ['routing that is no matrix', [float64(one!), pair.neighbors, pair.weights], /expected routing/],
    [
      'numbers that are no rows',
      [float64([one!, other!]), int32([[2], [-1]]), pair.weights],
      /must be below 2, got 2/,
    ],
    [
      'an unknown target',
      [float64([one!, other!]), pair.neighbors, pair.weights, { target: 'x' as never }],
      /target must be one of/,
    ],
    [
      'initial without routing',
      [float64([one!, other!]), pair.neighbors, pair.weights, { target: 'initial' }],
      /needs the routing of then/,
    ],
  ])('refuses %s', (_, args, message) => {
    expect(() => manifoldLoss(...args)).toThrow(message);
  });
});

describe('routingWeights', () => {
  const scores = float64([
    [0, 1, 2],
    [3, 0, 0],
    [1, 1, 5],
    [2, 0, 0],
  ]);
  const layer = {
    scores,
    experts: int32([
      [2, 1],
      [0, 1],
      [2, -1],
      [-1, -1],
    ]),
  };

  it('takes one token of each sample', async () => {
    const rows = (await softmax(scores).toArray()) as number[][];
    const at = async (token: 'first' | 'middle' | 'last') =>
      (await routingWeights([layer], 2, { token }).toArray()) as number[][];
    expect(await at('last')).toEqual([rows[1], rows[3]]);
    expect(await at('middle')).toEqual([rows[1], rows[3]]);
    expect(await at('first')).toEqual([rows[0], rows[2]]);
  });

  it('leaves chosen experts alone as gates, and nothing where there is none', async () => {
    const [first, second, third, fourth] = (await routingWeights([layer], 4, {
      form: 'gates',
    }).toArray()) as number[][];
    expect(first![0]).toBe(0);
    for (const row of [first, second, third]) expect(sum(row!)).toBeCloseTo(1, 12);
    expect(third).toEqual([0, 0, 1]);
    expect(fourth).toEqual([0, 0, 0]);
  });

  it('refuses no layers, rows of no sample and unknown options', () => {
    expect(() => routingWeights([], 2)).toThrow(/expected at least one layer/);
    expect(() => routingWeights([layer], 3)).toThrow(/expected rows of 3 samples, got scores \[4, 3\]/);
    expect(() => routingWeights([layer], 2, { form: 'hard' as never })).toThrow(/form must be one of/);
    expect(() => routingWeights([layer], 2, { token: 'next' as never })).toThrow(/token must be one of/);
  });
});

it('neighborhoodOverlap is the share that agrees', () => {
  expect(neighborhoodOverlap([[1, 2], [0], []], [[2, 3], [0], [1]])).toBe(0.75);
  expect(neighborhoodOverlap([[]], [[]])).toBe(0);
});

type Layer = MixtureOfExperts<Linear>;

/** Two mixtures, one after the other. */
class Model {
  readonly first: Layer;
  readonly second: Layer;
  readonly output: Linear;

  constructor(seed: number) {
    const [a, b, c] = splitKey(randomKey(seed), 3) as [Tensor, Tensor, Tensor];
    const expert = (key: Tensor) => new Linear(key, 4, 4);
    this.first = new MixtureOfExperts(a, 4, 3, expert, { router: topKRouter(2) });
    this.second = new MixtureOfExperts(b, 4, 3, expert, { router: topKRouter(2) });
    this.output = new Linear(c, 4, 2);
  }

  call(x: Tensor) {
    const [first, one] = this.first.call(x);
    const [second, two] = this.second.call(x.add(first));
    return { logits: this.output.call(x.add(second)), routers: [one, two] };
  }
}

interface Samples {
  readonly inputs: Tensor;
  readonly labels: Tensor;
}

async function task(): Promise<Samples> {
  const inputs = await copy(normal(randomKey(9), [24, 4]));
  const rows = (await inputs.toArray()) as number[][];
  return { inputs, labels: int32(rows.map(([a, b]) => Number(a! * b! > 0))) };
}

const setUp = async (): Promise<AlignRoutingOptions<Model, Samples>> => ({
  model: new Model(0),
  call: (model, { inputs }) => model.call(inputs),
  data: await task(),
  embed: ({ inputs }) => inputs,
  steps: 12,
  optimizer: adam({ learningRate: 0.05 }),
});

/** Names of the parameters that differ. */
async function changed(before: unknown, after: unknown): Promise<string[]> {
  const [a, b] = [flatten(before), flatten(after)];
  const differs = await Promise.all(
    a.leaves.map(async (leaf, i) => `${await leaf.data()}` !== `${await b.leaves[i]!.data()}`),
  );
  return a.paths.filter((_, i) => differs[i]);
}

describe('alignRouting', () => {
  it('changes routers alone, brings neighbours together and says so', async () => {
    const options = await setUp();
    const { model, before, after } = await alignRouting({ ...options, steps: 60 });
    expect(await changed(options.model, model)).toEqual(['first.gate.weight', 'second.gate.weight']);
    expect(after.manifold).toBeLessThan(before.manifold);
    for (const { accuracy, overlap } of [before, after]) {
      for (const share of [accuracy, overlap]) expect(share >= 0 && share <= 1).toBe(true);
    }
  });

  it('changes the last routers where it is told how many', async () => {
    const options = await setUp();
    const { model } = await alignRouting({ ...options, lastLayers: 1 });
    expect(await changed(options.model, model)).toEqual(['second.gate.weight']);
  });

  it('is router tuning without lambda', async () => {
    const options = await setUp();
    const { data } = options;
    const losses: number[] = [];
    for await (const { loss } of alignRoutingSteps({ ...options, lambda: 0 })) losses.push(loss);
    const plain = train({
      model: options.model,
      loss: (model: Model) => crossEntropy(model.call(data.inputs).logits, data.labels),
      optimizer: options.optimizer,
      batches: (function* () {
        for (;;) yield { x: data.inputs };
      })(),
      steps: 1,
    });
    expect((await plain.next()).value).toMatchObject({ loss: losses[0] });
    const again: number[] = [];
    for await (const { loss } of alignRoutingSteps({ ...options, lambda: 0, target: 'both' }))
      again.push(loss);
    expect(again).toEqual(losses);
  });

  it('computes the same in batches of all samples, whose neighbours come beside them', async () => {
    const options = await setUp();
    const whole = alignRoutingSteps({ ...options, target: 'initial' });
    const first = (await whole.next()).value as { loss: number };
    await whole.return(undefined as never);
    const parts = alignRoutingSteps({
      ...options,
      target: 'initial',
      batchSize: 8,
      steps: 3,
      optimizer: adam({ learningRate: 0 }),
    });
    const losses: number[] = [];
    for await (const { loss } of parts) losses.push(loss);
    expect(sum(losses) / 3).toBeCloseTo(first.loss, 5);
  });

  it('computes no neighbours where nothing draws samples to them', async () => {
    const options = await setUp();
    const rows = async (lambda: number) => {
      const seen = new Set<number>();
      const call = (model: Model, { inputs }: Samples) => {
        seen.add(inputs.length(0));
        return model.call(inputs);
      };
      await alignRouting({ ...options, call, lambda, batchSize: 6, steps: 2 });
      return [...seen].sort((a, b) => a - b);
    };
    expect(await rows(0)).toEqual([6, 24]);
    expect(await rows(1)).toEqual([6 + 6 * 3]);
  });

  it('finds neighbours anew where asked, by a finder of its own where given', async () => {
    const options = await setUp();
    const neighbors = vi.fn(async (_: Tensor, success: readonly boolean[]) =>
      neighborhoods(success.map((_each, i) => [(i + 1) % success.length])),
    );
    await alignRouting({ ...options, neighbors, refreshEvery: 5 });
    expect(neighbors).toHaveBeenCalledTimes(3);
  });

  it.each<[string, Partial<AlignRoutingOptions<Model, Samples>>, RegExp]>([
    ['a negative lambda', { lambda: -1 }, /alignRouting: lambda must be finite and not negative, got -1/],
    ['routers that are no parameters', { routers: /router$/ }, /\/router\$\/ matches no parameter/],
    ['no layers', { lastLayers: 0 }, /lastLayers must be an integer of at least 1/],
    ['an unknown target', { target: 'none' as never }, /target must be one of/],
    ['no batch', { batchSize: 0 }, /batchSize must be an integer/],
    ['refreshing never as a number', { refreshEvery: 0 }, /refreshEvery must be an integer/],
    [
      'other embeddings',
      { embed: () => float64([[1], [2]]) },
      /embed: expected \[24, features\], got \[2, 1\]/,
    ],
    ['sigma of 0', { neighbors: { sigma: 0 } }, /sigma must be positive/],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(alignRouting({ ...(await setUp()), ...wrong })).rejects.toThrow(message);
  });
});

describe('alignRouting of a language model on text', () => {
  it('draws the routing of last characters together by what they are about, and leaves all else', async () => {
    const eras = await loadEras(0);
    const windows = drawWindows(eras, 'train', { windows: 8, seed: 0, step: 0 });
    const count = windows.length(0) * windows.length(1);
    const rows = windows.reshape([count, windowLength + 1]);
    const data = await copy({
      characters: slice(rows, [0, 0], [count, windowLength]),
      labels: slice(rows, [0, windowLength], [count, windowLength + 1]).reshape([count]),
      era: int32(Array.from({ length: count }, (_, i) => Math.floor(i / windows.length(1)))),
    });
    const model = new MixtureLanguageModel(randomKey(0), topKRouter(2));
    const { model: tuned, ...found } = await alignRouting({
      model,
      call: (each, { characters }) => {
        const [logits, statistics] = each.call(characters);
        const shape = [count, windowLength, logits.length(-1)];
        const last = slice(logits, [0, windowLength - 1, 0], shape);
        return { logits: last.reshape([count, logits.length(-1)]), routers: [statistics] };
      },
      data,
      embed: ({ era }) => oneHot(era, 4),
      neighbors: (embeddings) =>
        successfulNeighbors(
          embeddings,
          Array.from({ length: count }, () => true),
          { sigma: 1 },
        ),
      steps: 30,
      optimizer: adam({ learningRate: 0.02 }),
    });
    expect(found.after.manifold).toBeLessThan(found.before.manifold);
    expect(await changed(model, tuned)).toEqual(['mixture.gate.weight']);
  });
});
