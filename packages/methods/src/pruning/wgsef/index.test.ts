import {
  Conv,
  chain,
  channelGroups,
  crossEntropy,
  fit,
  globalAveragePool,
  Linear,
  relu,
  repeat,
  Sequential,
  sgd,
} from '@evenkeel/nn';
import {
  argMax,
  compile,
  mapTree,
  randomKey,
  slice,
  splitKey,
  type Tensor,
  tensor,
  uniform,
  zerosLike,
} from '@evenkeel/tensor';
import { gradientError } from '@evenkeel/tensor/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  channelSet,
  countGroups,
  envelopeConjugate,
  envelopeFactors,
  envelopeShares,
  envelopeValue,
  type GroupSet,
  groupLasso,
  groupNorms,
  keepGroups,
  proximalStep,
  removeZeroGroups,
  wgsef,
} from './index.js';

const float64 = (elements: readonly number[]) => tensor([...elements], 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);
const elements: readonly GroupSet[] = [[{ path: '', axes: [0] }]];

/** Value, shares and step of single elements with weights 1. */
async function ofElements(v: readonly number[], k: number, lambda: number) {
  const x = float64(v);
  const norms = float64(v.map(Math.abs));
  return {
    value: Number(await envelopeValue(norms, { k }).item()),
    shares: await numbersOf(envelopeShares(norms, lambda, { k })),
    prox: await numbersOf(wgsef({ groups: elements, k, lambda }).prox(x, 1)),
  };
}

const close = (actual: readonly number[], expected: readonly number[], digits = 12) => {
  expect(actual.length).toBe(expected.length);
  actual.forEach((each, i) => {
    expect(each).toBeCloseTo(expected[i]!, digits);
  });
};

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    wgsef: {
      async run({ inputs, options }) {
        const x = float64(inputs.v);
        const indices = (inputs.groups ?? inputs.v.map((_: number, i: number) => [i])) as number[][];
        const weights = (inputs.weights ?? indices.map(() => 1)) as number[];
        const groups = [[{ path: '', indices }]];
        // A k below 1 is a share of the groups.
        const wanted = options.k < 1 ? Math.max(1, Math.round(options.k * indices.length)) : options.k;
        const k = Math.min(wanted, indices.length);
        const { lambda } = options;
        const penalty = wgsef({ groups, k, lambda, weights });
        const norms = float64([...(await groupNorms(x, groups))]);
        const prox = penalty.prox(x, 1);
        return {
          value: Number(await wgsef({ groups, k, lambda: 1, weights }).value(x).item()),
          conjugate: Number(await envelopeConjugate(norms, { k, weights }).item()),
          proxU: await numbersOf(envelopeShares(norms, lambda, { k, weights })),
          prox: await numbersOf(prox),
          valueAtProx: Number(await wgsef({ groups, k, lambda: 1, weights }).value(prox).item()),
        };
      },
    },
  });
});

describe('the envelope', () => {
  it.each([
    [[3, 2, 1], 1, 18],
    [[3, 2, 1], 2, 9],
    [[3, 2, 1], 3, 7],
    [[5, 1, 1], 2, 14.5],
    [[1, 1, 1, 1], 2, 4],
    [[0, 0, 0], 2, 0],
    [[0, 4, 0], 2, 8],
  ])('of %j for k = %i is %f', async (a, k, expected) => {
    expect((await ofElements(a, k, 1)).value).toBeCloseTo(expected, 12);
  });

  it('has the steps that were worked out by hand', async () => {
    const one = await ofElements([3, 2, 1], 1, 1);
    close(one.shares, [0.8, 0.2, 0]);
    close(one.prox, [4 / 3, 1 / 3, 0]);
    const two = await ofElements([3, 2, 1], 2, 1);
    close(two.shares, [1, 1, 0]);
    close(two.prox, [1.5, 1, 0]);
    expect(two.prox[2]).toBe(0);
    close((await ofElements([3, 2, 1], 3, 1)).prox, [1.5, 1, 0.5]);
    close((await ofElements([3, 2, 1], 2, 100)).shares, [1, 1, 0]);
    close((await ofElements([3, 2, 1], 2, 0)).prox, [3, 2, 1]);
    close((await ofElements([0, 0, 0], 2, 1)).prox, [0, 0, 0]);
  });

  it('is as exact with sizes far apart, in float32 too', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const norms = tensor([1e-9, 3, 2, 1e4, 1], dtype);
      for (const lambda of [1e-6, 0.01, 1, 1e4]) {
        for (const k of [1, 2, 3, 4]) {
          const shares = await numbersOf(envelopeShares(norms, lambda, { k }));
          expect(shares.reduce((a, b) => a + b)).toBeCloseTo(k, dtype === 'float32' ? 3 : 9);
        }
      }
    }
  });

  it('keeps its budget for thousands of groups in float32', async () => {
    const norms = uniform(randomKey(3), [20_000], { low: 0, high: 1 });
    const shares = await numbersOf(envelopeShares(norms, 0.01, { k: 5000 }));
    expect(Math.abs(shares.reduce((a, b) => a + b) - 5000)).toBeLessThan(0.05);
  });

  it('has a gradient: d w / u', async () => {
    const weights = [1, 2, 0.5, 1.5];
    const fn = (norms: Tensor) => envelopeValue(norms, { k: 2, weights });
    expect(await gradientError(fn, [float64([3, 1.2, 2.1, 0.4])])).toBeLessThan(1e-6);
  });
});

const sixNumbers = fc.array(
  fc.integer({ min: -400, max: 400 }).map((each) => each / 100),
  { minLength: 6, maxLength: 6 },
);
const groupCases = fc.record({
  v: sixNumbers,
  other: sixNumbers,
  weights: fc.array(fc.double({ min: 0.25, max: 4, noNaN: true }), { minLength: 4, maxLength: 4 }),
  k: fc.integer({ min: 1, max: 4 }),
  lambda: fc.double({ min: 0.01, max: 5, noNaN: true }),
});
const indices = [[0, 3], [1], [2, 4], [5]];

const normsOf = (v: Tensor) => v.square().reshape([1, 6]).mul(memberships).sum({ axis: 1 }).pow(0.5);
const scaledBy = (v: Tensor, factors: Tensor) =>
  v.mul(memberships.mul(factors.reshape([4, 1])).sum({ axis: 0 }));
const memberships = tensor(
  indices.map((own) => [0, 1, 2, 3, 4, 5].map((i) => (own.includes(i) ? 1 : 0))),
  'float64',
);

/** One program for all examples of a k. */
const programs = new Map(
  [1, 2, 3, 4].map((k) => [
    k,
    compile((v: Tensor, other: Tensor, weights: Tensor, lambda: Tensor) => {
      // Weights are constants of the options: scaled groups with unit weights are the same envelope.
      const norms = normsOf(v).mul(weights.pow(0.5));
      const step = (at: Tensor) => scaledBy(at, envelopeFactors(normsOf(at), lambda, { k }));
      return {
        value: envelopeValue(norms, { k }),
        less: k < 4 ? envelopeValue(norms, { k: k + 1 }) : envelopeValue(norms, { k }),
        doubled: envelopeValue(norms.mul(2), { k }),
        shares: envelopeShares(normsOf(v), lambda, { k }),
        prox: step(v),
        doubledProx: step(v.mul(2)),
        otherProx: step(other),
        valueAtProx: envelopeValue(normsOf(step(v)), { k }),
        conjugate: envelopeConjugate(normsOf(v.sub(step(v)).div(lambda)), { k }),
        valueAt: [0.01, -0.01].map((shift) => envelopeValue(normsOf(step(v).add(other.mul(shift))), { k })),
      };
    }),
  ]),
);
describe('laws', () => {
  it('hold for any values', async () => {
    await fc.assert(
      fc.asyncProperty(groupCases, async ({ v, other, weights, k, lambda }) => {
        const run = await programs.get(k)!(
          float64(v),
          float64(other),
          float64(weights),
          tensor(lambda, 'float64'),
        );
        const number = async (x: Tensor) => Number(await x.item());
        const norms = indices.map((own) => Math.hypot(...own.map((i) => v[i]!)));
        const ridge = norms.reduce((sum, norm, j) => sum + weights[j]! * norm * norm, 0) / 2;
        const worth = await number(run.value);
        const nonzero = norms.filter((norm) => norm > 0).length;
        const slack = 1e-9 * (1 + worth);
        expect(worth).toBeGreaterThanOrEqual(ridge - slack);
        if (nonzero <= k) expect(Math.abs(worth - ridge)).toBeLessThanOrEqual(slack);
        else expect(worth).toBeGreaterThan(ridge + slack);
        expect(await number(run.less)).toBeLessThanOrEqual(worth + slack);
        expect(Math.abs((await number(run.doubled)) - 4 * worth)).toBeLessThanOrEqual(4 * slack);
        const shares = await numbersOf(run.shares);
        const total = shares.reduce((a, b) => a + b);
        expect(Math.abs(total - Math.min(k, nonzero))).toBeLessThan(1e-7);
        const prox = await numbersOf(run.prox);
        const doubled = await numbersOf(run.doubledProx);
        prox.forEach((each, i) => {
          expect(Math.abs(doubled[i]! - 2 * each)).toBeLessThan(1e-8);
        });
        if (nonzero >= k) expect(shares.filter((share) => share > 0).length).toBeGreaterThanOrEqual(k);
        const moved = await numbersOf(run.otherProx);
        const distance = (a: readonly number[], b: readonly number[]) =>
          Math.hypot(...a.map((x, i) => x - b[i]!));
        expect(distance(prox, moved)).toBeLessThanOrEqual(distance(v, other) + 1e-8);
        // Fenchel's equality: value(w) + conjugate(y) = ⟨w, y⟩ for y = (v - w) / λ.
        const inner = prox.reduce((sum, w, i) => sum + (w * (v[i]! - w)) / lambda, 0);
        const both = (await number(run.valueAtProx)) + (await number(run.conjugate));
        expect(Math.abs(both - inner)).toBeLessThan(1e-7 * (1 + both));
        // No point nearby is better.
        const objective = (w: readonly number[], at: number) => distance(w, v) ** 2 / 2 + lambda * at;
        const best = objective(prox, await number(run.valueAtProx));
        const nearby = await Promise.all(run.valueAt.map(number));
        [0.01, -0.01].forEach((shift, s) => {
          const w = prox.map((each, i) => each + shift * other[i]!);
          expect(objective(w, nearby[s]!)).toBeGreaterThanOrEqual(best - 1e-8 * (1 + best));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('hold for rotations within groups and for groups in another order', async () => {
    const penalty = wgsef({
      groups: [
        [
          {
            path: '',
            indices: [
              [0, 1],
              [2, 3],
            ],
          },
        ],
      ],
      k: 1,
      lambda: 1,
    });
    const at = async (v: number[]) => Number(await penalty.value(float64(v)).item());
    const here = await at([3, 4, 1, 2]);
    expect(here).toBeCloseTo((5 + Math.sqrt(5)) ** 2 / 2, 10);
    expect(await at([5, 0, 2, -1])).toBeCloseTo(here, 10);
    expect(await at([1, 2, 3, 4])).toBeCloseTo(here, 10);
  });
});

const network = () => {
  const [first, second] = splitKey(randomKey(1)) as [Tensor, Tensor];
  return { hidden: new Linear(first, 4, 16), output: new Linear(second, 16, 3) };
};
type Network = ReturnType<typeof network>;
const call = ({ hidden, output }: Network, x: Tensor) => output.call(relu(hidden.call(x)));
const neurons: GroupSet = [
  { path: 'hidden.weight', axes: [1] },
  { path: 'hidden.bias', axes: [0] },
];
const inputs = uniform(randomKey(2), [48, 4], { low: -1, high: 1 });
const batch = { inputs, labels: argMax(slice(inputs, [0, 0], [48, 3])) };

async function trainedWith(options: Parameters<typeof wgsef>[0], steps = 300) {
  const learningRate = 0.1;
  const { model } = await fit({
    model: network(),
    loss: (model: Network, { inputs, labels }: typeof batch) => crossEntropy(call(model, inputs), labels),
    optimizer: chain(sgd({ learningRate }), proximalStep(wgsef(options), { learningRate })),
    batches: repeat(batch),
    steps,
  });
  return model;
}

describe('training', () => {
  it('ends with k groups, which are really removed', async () => {
    const model = await trainedWith({ groups: [neurons], k: 5, lambda: 0.3 });
    expect(await countGroups(model, [neurons])).toBe(5);
    const smaller = await removeZeroGroups(model, call, [{ shape: [1, 4] }]);
    expect(smaller.model.hidden.weight.shape).toEqual([4, 5]);
    expect(smaller.model.output.weight.shape).toEqual([5, 3]);
    expect(smaller.after.parameters).toBe(5 * 5 + 6 * 3);
    const [before, after] = [
      await numbersOf(call(model, batch.inputs)),
      await numbersOf(call(smaller.model, batch.inputs)),
    ];
    close(after, before, 6);
  });

  it('takes a share of the groups, and one penalty for several sets or one for each', async () => {
    const outputs: GroupSet = [{ path: 'output.weight', axes: [0] }];
    const both = await trainedWith({ groups: [neurons, outputs], share: 0.25, lambda: 0.5 });
    const count = await countGroups(both, [neurons, outputs]);
    expect(count).toBeGreaterThanOrEqual(8);
    expect(count).toBeLessThanOrEqual(10);
    const learningRate = 0.1;
    const each = chain(
      sgd({ learningRate }),
      proximalStep(wgsef({ groups: [neurons], k: 4, lambda: 0.5 }), { learningRate }),
      proximalStep(wgsef({ groups: [outputs], k: 6, lambda: 0.5 }), { learningRate }),
    );
    const { model } = await fit({
      model: network(),
      loss: (at: Network, { inputs, labels }: typeof batch) => crossEntropy(call(at, inputs), labels),
      optimizer: each,
      batches: repeat(batch),
      steps: 300,
    });
    expect(await countGroups(model, [neurons])).toBe(4);
    expect(await countGroups(model, [outputs])).toBeLessThanOrEqual(7);
  });

  it('follows the learning rate, and leaves other parameters alone', async () => {
    const penalty = wgsef({ groups: [neurons], k: 5, lambda: 0.5 });
    const model = network();
    const transform = proximalStep(penalty, { learningRate: (step) => step.mul(0).add(0.2) });
    const [moved] = transform.update(mapTree(zerosLike, model), transform.init(model), model);
    const direct = penalty.prox(model, 0.2);
    close(
      await numbersOf(moved.hidden.weight.add(model.hidden.weight)),
      await numbersOf(direct.hidden.weight),
      6,
    );
    expect((await numbersOf(moved.output.weight)).every((each) => each === 0)).toBe(true);
  });

  it('shrinks and zeroes by group lasso, to compare with', async () => {
    const lasso = groupLasso({ groups: [[{ path: '', indices: [[0, 1], [2]] }]], lambda: 1 });
    close(await numbersOf(lasso.prox(float64([3, 4, 0.5]), 1)), [2.4, 3.2, 0]);
    expect(Number(await lasso.value(float64([3, 4, 0.5])).item())).toBeCloseTo(5.5, 12);
  });
});

describe('groups', () => {
  it('are rows, columns, elements, filters, their shapes, and whole parameters', async () => {
    const matrix = {
      w: tensor(
        [
          [3, 0, 4],
          [0, 0, 12],
        ],
        'float64',
      ),
    };
    const of = async (axes: number[]) => Array.from(await groupNorms(matrix, [[{ path: 'w', axes }]]));
    expect(await of([0])).toEqual([5, 12]);
    expect(await of([1])).toEqual([3, 0, Math.sqrt(160)]);
    expect(await of([0, 1])).toEqual([3, 0, 4, 0, 0, 12]);
    expect(await of([])).toEqual([13]);
    const conv = {
      w: tensor(
        [
          [[[1, 2]], [[0, 2]]],
          [[[2, 0]], [[0, 1]]],
        ],
        'float64',
      ),
    };
    const shapes = await groupNorms(conv, [[{ path: 'w', axes: [1, 2, 3] }]]);
    close(Array.from(shapes), [5, 4, 0, 5].map(Math.sqrt));
  });

  it('are weighted by the root of their size', async () => {
    const sets: readonly GroupSet[] = [[{ path: '', indices: [[0, 1, 2, 3], [4]] }]];
    const weighted = wgsef({ groups: sets, k: 1, lambda: 1, weights: 'rootSize' });
    expect(Number(await weighted.value(float64([1, 1, 1, 1, 3])).item())).toBeCloseTo(
      (Math.SQRT2 * 2 + 3) ** 2 / 2,
      10,
    );
  });

  it('of channels come from the model', async () => {
    const [a, b] = splitKey(randomKey(4)) as [Tensor, Tensor];
    const model = new Sequential(new Conv(a, 1, 6, [3, 3]), relu, globalAveragePool, new Linear(b, 6, 2));
    const run = (each: Sequential, x: Tensor) => each.call(x);
    const [group] = channelGroups(model, run, [{ shape: [1, 1, 6, 6] }]).groups;
    const set = channelSet(group!);
    expect(set.length).toBe(2);
    const kept = await keepGroups(model, [set], 2);
    expect(await countGroups(kept, [set])).toBe(2);
    const smaller = await removeZeroGroups(kept, run, [{ shape: [1, 1, 6, 6] }]);
    const image = uniform(randomKey(5), [3, 1, 6, 6]);
    close(await numbersOf(run(smaller.model, image)), await numbersOf(run(kept, image)), 6);
    expect(smaller.after.multiplyAdds).toBeLessThan(smaller.before.multiplyAdds / 2.5);
  });
});

describe('refuses', () => {
  const at = (options: object) => () =>
    wgsef({ groups: elements, k: 1, lambda: 1, ...options }).value(float64([1, 2, 3]));

  it.each([
    [{ k: 0 }, 'wgsef: k: got 0, expected an integer of at least 1'],
    [{ k: 1.5 }, 'wgsef: k: got 1.5'],
    [{ k: 1, share: 0.5 }, 'give either k or share'],
    [{ k: undefined, share: 0 }, 'share: got 0, expected (0, 1]'],
    [{ lambda: -1 }, 'lambda: got -1'],
    [{ lambda: Number.NaN }, 'lambda: got NaN'],
    [{ weights: [1, 0, 1] }, 'weights must be above 0, got 0'],
    [{ weights: [1, 1] }, 'got 2 weights for 3 groups'],
    [{ groups: [] }, 'groups: got none'],
    [{ groups: [[{ path: 'w', axes: [0] }]] }, 'there is no parameter "w"'],
    [{ groups: [[{ path: '', axes: [1] }]] }, 'axes: got [1], expected axes of [3]'],
    [
      {
        groups: [
          [
            {
              path: '',
              indices: [
                [0, 1],
                [1, 2],
              ],
            },
          ],
        ],
      },
      'groups 0 and 1 both have element 1',
    ],
    [{ groups: [[{ path: '', indices: [[0], [2]] }]] }, 'no group has element 1'],
    [{ groups: [[{ path: '', indices: [[0, 1, 2], [3]] }]] }, 'index 3 of 3 elements'],
    [{ groups: [[{ path: '', indices: [[0, 1, 2], []] }]] }, 'group 1 is empty'],
    [{ groups: [...elements, ...elements] }, 'is in two groups'],
  ])('%j', (options, message) => {
    expect(at(options)).toThrow(message);
  });

  it('values that are not numbers, and what does not fit a vector of norms', () => {
    expect(() => wgsef({ groups: elements, k: 1, lambda: 1 }).prox(float64([1, Number.NaN]), 1)).toThrow(
      'must be finite, got NaN',
    );
    expect(() => envelopeValue(float64([1, Number.NaN]), { k: 1 })).toThrow('norms must be finite');
    expect(() => envelopeValue(float64([1, 2]), { k: 3 })).toThrow(
      'k: got 3, expected an integer from 1 to 2',
    );
    expect(() => envelopeShares(float64([1, 2]), -1, { k: 1 })).toThrow('lambda: got -1');
    expect(() => envelopeValue(tensor([[1]], 'float64'), { k: 1 })).toThrow('expected norms [groups]');
    expect(() => proximalStep(groupLasso({ groups: elements, lambda: 1 }), { learningRate: -1 })).toThrow(
      'learningRate: got -1',
    );
    expect(() => groupLasso({ groups: elements, lambda: -1 })).toThrow('lambda: got -1');
  });

  it('nothing when k is more than there are, but says so', async () => {
    const warnings: string[] = [];
    const penalty = wgsef({ groups: elements, k: 9, lambda: 1, onWarning: (each) => warnings.push(each) });
    close(await numbersOf(penalty.prox(float64([3, 2, 1]), 1)), [1.5, 1, 0.5]);
    expect(warnings[0]).toContain('k is 9, of 3 groups');
  });

  it('keepGroups of too many', async () => {
    await expect(keepGroups(float64([1, 2]), elements, 3)).rejects.toThrow('k: got 3');
    close(await numbersOf(await keepGroups(float64([1, -2, 3]), elements, 2)), [0, -2, 3]);
  });
});
