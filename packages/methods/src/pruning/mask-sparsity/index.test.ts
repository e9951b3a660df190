import {
  BatchNorm,
  Conv,
  chain,
  channelGroups,
  crossEntropy,
  fit,
  type GradientTransform,
  globalAveragePool,
  Linear,
  ResidualBlock,
  relu,
  repeat,
  Sequential,
  selectParameters,
  sgd,
  shrink,
} from '@evenkeel/nn';
import {
  leavesOf,
  mapPlaces,
  normal,
  randomKey,
  splitKey,
  type Tensor,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GoldenFile, requireOption, testGolden } from '../../testing/golden.js';
import golden from './golden.json' with { type: 'json' };
import {
  allScales,
  chooseMasks,
  maskByEnergy,
  maskByRatio,
  maskByThreshold,
  maskSparsity,
  maskSparsityPipeline,
  penaltyGradient,
  residualMask,
  type ScalePenaltyOptions,
  scaleMasks,
  scalePenalty,
} from './index.js';

const float64 = (elements: readonly number[]) => tensor([...elements], 'float64');
const numbersOf = async (x: Tensor) => Array.from(await x.data(), Number);

/** The gradients that the transform makes of given ones. */
async function changed(
  gammas: readonly (readonly number[])[],
  gradients: readonly (readonly number[])[],
  keeps: readonly (readonly number[] | null)[],
  options: ScalePenaltyOptions,
): Promise<number[][]> {
  const params = gammas.map(float64);
  const masks = Object.fromEntries(keeps.flatMap((keep, i) => (keep ? [[String(i), keep] as const] : [])));
  const transform = maskSparsity({ ...options, masks });
  const [result] = transform.update(gradients.map(float64), transform.init(params), params);
  return Promise.all(result.map(numbersOf));
}

describe('golden values', () => {
  testGolden(golden as unknown as GoldenFile, {
    addPenaltyGradient: {
      async run({ inputs, options: { method, lambda, lr } }) {
        const gammas = inputs.gamma as number[][];
        const keeps: (number[] | null)[] = inputs.keep ?? gammas.map((gamma) => gamma.map(() => 0));
        // The official code calls the method without a mask by another name.
        const called = method === 'shiyan' ? 'small' : method;
        const options = {
          lambda,
          ...(called && { method: called }),
          ...(lr !== undefined && { learningRate: lr }),
        };
        const masked = gammas.flatMap((gamma, i) => (keeps[i] ? [[float64(gamma), keeps[i]!] as const] : []));
        const penalty = masked.length
          ? await scalePenalty(
              masked.map(([gamma]) => gamma),
              masked.map(([, keep]) => keep),
              lambda,
            ).item()
          : 0;
        return { grad: await changed(gammas, inputs.grad, keeps, options), penaltyL1: penalty };
      },
    },
    pruneMask: {
      async run({ inputs, options: { method = 'th', value } }) {
        const th = (gamma: readonly number[], threshold = 0.01) => maskByThreshold(gamma, threshold);
        const rules = { th, OT: maskByEnergy, ratio: maskByRatio };
        requireOption('method', method, Object.keys(rules));
        const masks = (inputs.gamma as number[][]).map((gamma) =>
          rules[method as keyof typeof rules](gamma, value),
        );
        return { threshold: masks.map(({ threshold }) => threshold), keep: masks.map(({ keep }) => keep) };
      },
    },
    residualMask: { run: async ({ inputs }) => ({ keep: residualMask(inputs.keepPerLayer) }) },
  });
});

describe('the penalty', () => {
  const gamma = float64([0.5, -0.2, 0, 1.5]);
  const keep = [1, 0, 0, 1];

  it('pulls scales that are to go towards 0, and leaves those at 0', async () => {
    expect(await numbersOf(penaltyGradient(gamma, keep, { lambda: 0.01 }))).toEqual([0, -0.01, 0, 0]);
    expect(await scalePenalty([gamma], [keep], 0.01).item()).toBeCloseTo(0.002, 12);
    expect(await numbersOf(penaltyGradient(gamma, keep, { lambda: 0.01, method: 'L2' }))).toEqual([
      0, -0.002, 0, 0,
    ]);
  });

  it('is as weak as the scale where a step would jump over 0', async () => {
    const options = { method: 'smoothL1', learningRate: 0.1, lambda: 5e-4 } as const;
    const [small, large] = await numbersOf(penaltyGradient(float64([1e-5, 1e-3]), [0, 0], options));
    expect(small).toBeCloseTo(5e-9, 20);
    expect(large).toBeCloseTo(5e-4, 15);
  });

  it('goes by the learning rate of the step', async () => {
    const transform = maskSparsity({
      masks: { scale: [0] },
      method: 'smoothL1',
      lambda: 0.1,
      learningRate: (step) => step.mul(10),
    });
    const params = { scale: float64([0.5]) };
    const zero = { scale: zeros([1], 'float64') };
    const [first, state] = transform.update(zero, transform.init(params), params);
    expect(await numbersOf(first.scale)).toEqual([0.1]);
    const [second] = transform.update(zero, state, params);
    expect((await numbersOf(second.scale))[0]).toBeCloseTo(0.05, 12);
  });

  it('finds small scales by itself when asked', async () => {
    const scales = float64([0.09, -0.05, 0.0901, 0]);
    const pull = await numbersOf(penaltyGradient(scales, [1, 1, 1, 1], { method: 'small', lambda: 0.1 }));
    expect(pull.map((each) => Math.round(each * 1e6) / 1e6)).toEqual([0.009, -0.005, 0, 0]);
  });

  it('lets a lone scale fall by the learning rate times λ a step, and moves no other', async () => {
    const { model } = await fit({
      model: { scale: float64([1, 1]) },
      loss: (each: { scale: Tensor }) => each.scale.mul(0).sum(),
      optimizer: chain(maskSparsity({ masks: { scale: [0, 1] }, lambda: 5e-4 }), sgd({ learningRate: 0.1 })),
      batches: repeat({}),
      steps: 1000,
    });
    const [masked, free] = await numbersOf(model.scale);
    expect(masked).toBeCloseTo(0.95, 10);
    expect(free).toBe(1);
  });

  it('leaves the task gradient of kept channels, whatever it is', async () => {
    const numbers = fc.double({ min: -3, max: 3, noNaN: true });
    const layer = fc
      .integer({ min: 1, max: 6 })
      .chain((n) =>
        fc.tuple(
          fc.array(numbers, { minLength: n, maxLength: n }),
          fc.array(numbers, { minLength: n, maxLength: n }),
          fc.array(fc.constantFrom(0, 1), { minLength: n, maxLength: n }),
        ),
      );
    const method = fc.constantFrom('L1' as const, 'L2' as const, 'smoothL1' as const);
    await fc.assert(
      fc.asyncProperty(layer, method, async ([scales, gradient, keeps], kind) => {
        const options = { method: kind, lambda: 0.3, learningRate: 0.1 };
        const [result] = await changed([scales], [gradient], [keeps], options);
        keeps.forEach((each, i) => {
          if (each === 1) expect(result![i]).toBe(gradient[i]);
          else if (scales[i] === 0) expect(result![i]).toBe(gradient[i]);
          else
            expect(Math.sign(result![i]! - gradient[i]!) * Math.sign(scales[i]!)).toBeGreaterThanOrEqual(0);
        });
      }),
      { numRuns: 20, seed: 3 },
    );
  });
});

describe('masks', () => {
  it('keep what is strictly above the threshold, and never nothing', () => {
    expect(maskByThreshold([0.3, 0.01, 0.0099], 0.01).keep).toEqual([1, 0, 0]);
    expect(maskByThreshold([1e-4, 3e-4, 2e-4], 0.01).keep).toEqual([0, 1, 0]);
    expect(maskByThreshold([2e-4, -2e-4], 0.01).keep).toEqual([1, 0]);
    expect(maskByThreshold([0, 5e-3, -5e-3], 0.01).keep).toEqual([1, 0, 0]);
  });

  it('keep the energy', () => {
    expect(maskByEnergy([3, 1, 0.001, 0.002])).toEqual({ threshold: 0.501, keep: [1, 1, 0, 0] });
    expect(maskByEnergy([3, 1, 0.001, 0.002], 0.2)).toEqual({ threshold: 2, keep: [1, 0, 0, 0] });
    expect(maskByEnergy([0, 0, 5e-4])).toEqual({ threshold: 1, keep: [0, 0, 1] });
    expect(maskByEnergy([1, 2], 0)).toEqual({ threshold: 0, keep: [1, 1] });
  });

  it('remove a share, the last of equals first', () => {
    expect(maskByRatio([0.1, -3, 2, 0.2], 0.5).keep).toEqual([0, 1, 1, 0]);
    expect(maskByRatio([1, 1, 1, 1], 0.5).keep).toEqual([1, 1, 0, 0]);
    expect(maskByRatio([1, 2], 0.99).keep).toEqual([0, 1]);
    expect(maskByRatio([1, 2, 3], 0).keep).toEqual([1, 1, 1]);
  });

  it('of a residual group prune what most layers would', () => {
    const prune = (rows: number[][]) =>
      residualMask(rows.map((row) => row.map((each) => 1 - each))).map((each) => 1 - each);
    expect(
      prune([
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [1, 1, 0, 0],
      ]),
    ).toEqual([1, 1, 0, 0]);
    expect(
      prune([
        [1, 1, 0],
        [0, 0, 0],
      ]),
    ).toEqual([0, 0, 0]);
    expect(
      prune([
        [1, 0],
        [0, 1],
      ]),
    ).toEqual([1, 1]);
  });

  it('of a residual group prune at least as many as the layer that prunes fewest', () => {
    const rows = fc
      .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }))
      .chain(([n, layers]) =>
        fc.array(fc.array(fc.constantFrom(0, 1), { minLength: n, maxLength: n }), {
          minLength: layers,
          maxLength: layers,
        }),
      );
    fc.assert(
      fc.property(rows, (keeps) => {
        const zeroCount = (keep: readonly number[]) => keep.filter((each) => each === 0).length;
        const fewest = Math.min(...keeps.map(zeroCount));
        const mask = residualMask(keeps);
        expect(zeroCount(mask)).toBeGreaterThanOrEqual(fewest);
        expect(residualMask([...keeps].reverse())).toEqual(mask);
        if (keeps.every((keep) => String(keep) === String(keeps[0]))) expect(mask).toEqual(keeps[0]);
      }),
      { seed: 5 },
    );
  });
});

const keys = splitKey(randomKey(2), 4) as Tensor[];
const examples = [{ shape: [2, 1, 8, 8] }];
const network = () =>
  new Sequential(
    new Conv(keys[0]!, 1, 6, [3, 3], { bias: false }),
    new BatchNorm(6),
    relu,
    new ResidualBlock(keys[1]!, 6, 6),
    globalAveragePool,
    new Linear(keys[2]!, 6, 3),
  );
const call = (model: Sequential, x: Tensor) => model.call(x);
const batch = {
  x: normal(keys[3]!, [12, 1, 8, 8]),
  labels: tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], 'int32'),
};
const lossOf = (model: Sequential, { x, labels }: typeof batch) => {
  const [logits, next] = model.train(x);
  return { loss: crossEntropy(logits, labels), model: next };
};
const train = (model: Sequential, steps: number, transform?: GradientTransform) => {
  const descent = sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true });
  const optimizer = transform ? chain(transform, descent) : descent;
  return fit({ model, loss: lossOf, optimizer, batches: repeat(batch), steps }).then(
    (result) => result.model,
  );
};
const allNumbers = async (model: unknown) => (await Promise.all(leavesOf(model).map(numbersOf))).flat();

describe('training', () => {
  it('is bit for bit as without, when the masks keep everything, and a warning says so', async () => {
    const groups = channelGroups(network(), call, examples);
    const warnings: string[] = [];
    const masks = Object.fromEntries(
      Object.entries(allScales(groups)).map(([path, mask]) => [path, mask.map(() => 1)]),
    );
    const transform = maskSparsity({ masks, lambda: 0.1, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual(['maskSparsity: the masks keep every channel: the penalty is 0']);
    expect(await allNumbers(await train(network(), 5, transform))).toEqual(
      await allNumbers(await train(network(), 5)),
    );
  });

  it('of residual networks takes one mask for all layers that are added', async () => {
    const groups = channelGroups(network(), call, examples);
    expect(Object.keys(allScales(groups))).toEqual([
      'steps.1.scale',
      'steps.3.secondNorm.scale',
      'steps.3.firstNorm.scale',
    ]);
    const model = mapPlaces((leaf, _, path) => {
      if (path === 'steps.1.scale') return tensor([0, 0, 1, 1, 1, 1]);
      if (path === 'steps.3.secondNorm.scale') return tensor([0, 1, 0, 1, 1, 1]);
      return leaf;
    }, network());
    const masks = await chooseMasks(model, groups, (scales) => maskByThreshold(scales, 0.5));
    const first = groups.groups[0]!.name;
    expect(masks[first]).toEqual([0, 0, 0, 1, 1, 1]);
    const byPath = scaleMasks(groups, { [first]: masks[first]! });
    expect(byPath).toEqual({
      'steps.1.scale': [0, 0, 0, 1, 1, 1],
      'steps.3.secondNorm.scale': [0, 0, 0, 1, 1, 1],
    });
  });

  it('goes from dense weights to a smaller network that does as well', async () => {
    const dense = await train(network(), 60);
    const stages: string[] = [];
    const result = await maskSparsityPipeline({
      model: dense,
      call,
      examples,
      lambda: 0.05,
      train: (model, stage, penalty) => {
        stages.push(stage);
        return train(model, 80, penalty);
      },
      choose: (model, groups) => chooseMasks(model, groups, (scales) => maskByRatio(scales, 0.5)),
    });
    expect(stages).toEqual(['global', 'mask', 'fine-tuning']);
    expect(result.pruned.after.multiplyAdds).toBeLessThan(0.5 * result.pruned.before.multiplyAdds);
    const scales = await numbersOf(Object.values(selectParameters(result.sparse, /steps\.1\.scale/))[0]!);
    const mask = Object.values(result.masks)[0]!;
    const largest = (keep: number) =>
      Math.max(...scales.map((each, i) => (mask[i] === keep ? Math.abs(each) : 0)));
    expect(largest(0)).toBeLessThan(0.3 * largest(1));
    const loss = await crossEntropy(call(result.model, batch.x), batch.labels).item();
    expect(loss).toBeLessThan(1.2);
  });

  it('leaves outputs exactly as they are when scale and shift of removed channels are 0', async () => {
    const model = mapPlaces((leaf, _, path) => {
      if (/^steps\.3\.firstNorm\.(scale|shift)$/.test(path)) return tensor([0, 0, 0, 1, 2, 3]);
      return leaf;
    }, network());
    const groups = channelGroups(model, call, examples);
    const masks = { 'steps.3.first.weight': [0, 0, 0, 1, 1, 1] };
    expect(groups.groups.map(({ name }) => name)).toContain('steps.3.first.weight');
    const small = await shrink(model, call, examples, masks);
    const before = await numbersOf(call(model, batch.x));
    (await numbersOf(call(small.model, batch.x))).forEach((each, i) => {
      expect(each).toBeCloseTo(before[i]!, 6);
    });
  });
});

it('refuses bad input', async () => {
  const scales = float64([1, 2]);
  const penalty = (keep: number[], options?: ScalePenaltyOptions & { learningRate?: number }) => () =>
    penaltyGradient(scales, keep, options);
  expect(penalty([1])).toThrow('penaltyGradient: got a mask of 1 for 2 channels');
  expect(penalty([1, 0.5])).toThrow('penaltyGradient: a mask is made of 0 and 1, got 0.5');
  expect(penalty([1, 0], { lambda: -1 })).toThrow('lambda: got -1, expected a finite number of at least 0');
  expect(penalty([1, 0], { lambda: Number.NaN })).toThrow('lambda: got NaN');
  expect(penalty([1, 0], { method: 'L3' as 'L1' })).toThrow('method: got L3, expected one of L1, L2');
  expect(penalty([1, 0], { method: 'smoothL1' })).toThrow('give learningRate');
  expect(penalty([1, 0], { method: 'small', cutoff: -1 })).toThrow('cutoff: got -1');
  expect(() => maskSparsity({ masks: {}, lambda: Number.POSITIVE_INFINITY })).toThrow('lambda: got Infinity');
  const begin = (masks: Record<string, number[]>) => () => maskSparsity({ masks }).init({ scale: scales });
  expect(begin({ scales: [1, 0] })).toThrow('maskSparsity: the model has no parameter scales');
  expect(begin({ scale: [1] })).toThrow('maskSparsity: scale: got a mask of 1 for 2 channels');
  expect(() => scalePenalty([scales], [], 1)).toThrow('got 1 scales and 0 masks');
  expect(() => maskByThreshold([1], -1)).toThrow('threshold: got -1');
  expect(() => maskByThreshold([], 1)).toThrow('maskByThreshold: got no scales');
  expect(() => maskByThreshold([Number.NaN], 1)).toThrow('scales must be finite, got NaN');
  expect(() => maskByEnergy([1], 1)).toThrow('share: got 1, expected [0, 1)');
  expect(() => maskByRatio([1], 1)).toThrow('ratio: got 1, expected [0, 1)');
  expect(() => residualMask([[1], [1, 0]])).toThrow('got a mask of 2 for 1 channels');
  expect(() => residualMask([])).toThrow('residualMask: got no masks');
  const plain = new Sequential(new Linear(keys[0]!, 2, 3), relu, new Linear(keys[1]!, 3, 2));
  const groups = channelGroups(plain, call, [{ shape: [1, 2] }]);
  await expect(chooseMasks(plain, groups, (each) => maskByThreshold(each, 0))).rejects.toThrow(
    'no channels that can be removed have scales of batch normalization',
  );
});
