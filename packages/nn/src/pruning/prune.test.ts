import { leavesOf, normal, ones, randomKey, relu, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm,
  type ChannelCriterion,
  Conv,
  channelGroups,
  globalAveragePool,
  Linear,
  magnitude,
  modelSummary,
  normScale,
  type PruneOptions,
  pruneByRatio,
  pruneToFlops,
  randomChannels,
  Sequential,
  shrink,
  taylor,
} from '../index.js';

const keys = splitKey(randomKey(1), 4) as Tensor[];
const network = new Sequential(
  new Conv(keys[0]!, 3, 16, [3, 3], { padding: 1, bias: false }),
  Object.assign(new BatchNorm(16), { scale: normal(keys[3]!, [16]) }),
  relu,
  new Conv(keys[1]!, 16, 24, [3, 3], { padding: 1 }),
  relu,
  globalAveragePool,
  new Linear(keys[2]!, 24, 5),
);
const call = (model: typeof network, x: Tensor) => model.call(x);
const examples = [{ shape: [1, 3, 8, 8] }];
const kept = (mask: readonly number[] | undefined) => mask!.reduce((a, b) => a + b, 0);

describe('pruneToFlops', () => {
  it('comes as near to the share as channels allow, and the smaller model costs what it says', async () => {
    const plan = await pruneToFlops(network, call, examples, 0.5);
    const share = plan.after.multiplyAdds / plan.before.multiplyAdds;
    expect(share).toBeLessThanOrEqual(0.5);
    expect(share).toBeGreaterThan(0.42);
    const small = await shrink(network, call, examples, plan.masks);
    expect(small.after).toEqual(plan.after);
    expect(modelSummary(small.model, examples).multiplyAdds).toBe(plan.after.multiplyAdds);
  });

  it('removes nothing when everything is allowed, and never a whole layer', async () => {
    const all = await pruneToFlops(network, call, examples, 1);
    expect(all.after).toEqual(all.before);
    expect(kept(all.masks['steps.0.weight'])).toBe(16);
    const least = await pruneToFlops(network, call, examples, 0.01);
    expect(kept(least.masks['steps.0.weight'])).toBeGreaterThan(0);
  });

  it('holds for any share and options that can be met', async () => {
    const options = fc.record({
      scope: fc.constantFrom('uniform' as const, 'global' as const),
      multipleOf: fc.constantFrom(1, 4, 8),
      minimum: fc.constantFrom(1, 5),
    });
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0.3, max: 1, noNaN: true }), options, async (share, given) => {
        const plan = await pruneToFlops(network, call, examples, share, given);
        expect(plan.after.multiplyAdds).toBeLessThanOrEqual(share * plan.before.multiplyAdds);
        for (const mask of Object.values(plan.masks)) {
          expect(kept(mask) % given.multipleOf).toBe(0);
          expect(kept(mask)).toBeGreaterThanOrEqual(given.minimum);
        }
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  it('says how far it comes when the share cannot be met', async () => {
    await expect(pruneToFlops(network, call, examples, 0.3, { minimum: 12 })).rejects.toThrow(
      /^pruneToFlops: share: got 0.3, but the smallest model costs 0\.\d+ of this one$/,
    );
  });
});

describe('pruneByRatio', () => {
  it('takes the least important of every group', async () => {
    const { masks } = await pruneByRatio(network, call, examples, 0.25, {
      criterion: normScale(),
      include: (n) => n === 'steps.0.weight',
    });
    const scales = Array.from(await (network.steps[1] as BatchNorm).scale.data(), Number).map(Math.abs);
    const threshold = [...scales].sort((a, b) => a - b)[4]!;
    expect(masks).toEqual({ 'steps.0.weight': scales.map((each) => Number(each >= threshold)) });
  });

  it('takes from all groups alike where channels are equal', async () => {
    const criterion: ChannelCriterion = ({ channels }) => new Float64Array(channels).fill(2);
    const { masks } = await pruneByRatio(network, call, examples, 0.5, { criterion, scope: 'global' });
    expect([kept(masks['steps.0.weight']), kept(masks['steps.3.weight'])]).toEqual([8, 12]);
  });

  it('takes more from groups with more that is unimportant, when all compete', async () => {
    const criterion: ChannelCriterion = ({ name, channels }) =>
      Float64Array.from({ length: channels }, (_, i) => (name === 'steps.0.weight' ? 1 : i < 12 ? 0.1 : 2));
    const { masks } = await pruneByRatio(network, call, examples, 0.3, { criterion, scope: 'global' });
    expect(kept(masks['steps.0.weight'])).toBe(16);
    expect(kept(masks['steps.3.weight'])).toBe(12);
  });
});

describe('criteria', () => {
  const { groups } = channelGroups(network, call, examples);
  const numbers: Record<string, { shape: number[]; data: number[] }> = {
    'steps.3.weight': {
      shape: [24, 16, 3, 3],
      data: Array.from({ length: 24 * 144 }, (_, i) => (i < 144 ? -2 : 0)),
    },
    'steps.3.bias': { shape: [24], data: Array.from({ length: 24 }, () => 100) },
    'steps.0.weight': { shape: [16, 3, 3, 3], data: Array.from({ length: 16 * 27 }, () => 1) },
    'steps.1.scale': { shape: [16], data: Array.from({ length: 16 }, (_, i) => -i) },
  };
  const weightOf = async (path: string) => numbers[path]!;
  const [first, second] = groups as [(typeof groups)[0], (typeof groups)[0]];

  it('are norms of the weights that make a channel, without biases', async () => {
    expect((await magnitude({ norm: 1 })(second, weightOf)).slice(0, 2)).toEqual(Float64Array.of(288, 0));
    expect((await magnitude()(second, weightOf)).slice(0, 2)).toEqual(Float64Array.of(24, 0));
  });

  it('are the scales of batch normalization', async () => {
    expect((await normScale()(first, weightOf))[3]).toBe(3);
    await expect(normScale()(second, weightOf)).rejects.toThrow('no batch normalization scales the channels');
  });

  it('are random numbers by seed and group', async () => {
    const draw = (seed: number, group = first) => randomChannels(seed)(group, weightOf);
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
    expect((await draw(1, second)).slice(0, 16)).not.toEqual(await draw(1));
  });

  it('are what the loss would change by, to first order', async () => {
    const gradients = { ...network, steps: network.steps } as typeof network;
    const slope = tensor(
      Array.from({ length: 24 * 144 }, (_, i) => (i % 2 === 0 ? 1 : 0.5)),
      { shape: [24, 16, 3, 3] },
    );
    const steps = network.steps.map((step, i) =>
      i === 3 ? { ...step, weight: slope, call: (x: Tensor) => x } : step,
    );
    const scores = await taylor(network, Object.assign(gradients, { steps }))(second, weightOf);
    expect(scores[0]).toBe(2 * 72 * 1.5);
    expect(scores[1]).toBe(0);
    const other = leavesOf(network).map(() => ones([2])) as unknown as typeof network;
    await expect(taylor(network, other)(second, weightOf)).rejects.toThrow(
      'there is no gradient of steps.3.weight that fits',
    );
  });
});

it('refuses bad options', async () => {
  const refused = (ratio: number, options?: PruneOptions) =>
    expect(pruneByRatio(network, call, examples, ratio, options)).rejects;
  await refused(1).toThrow('pruneByRatio: ratio: got 1, expected [0, 1)');
  await refused(0.5, { minimum: 0 }).toThrow('minimum: got 0, expected an integer of at least 1');
  await refused(0.5, { multipleOf: 1.5 }).toThrow('multipleOf: got 1.5');
  await refused(0.5, { scope: 'all' as 'global' }).toThrow('scope: got all, expected uniform or global');
  await refused(0.5, { include: () => false }).toThrow('has no channels that can be removed');
  await refused(0.5, { criterion: () => Float64Array.of(1) }).toThrow('got 1 numbers for "steps.0.weight"');
  await refused(0.5, { criterion: ({ channels }) => new Float64Array(channels).fill(Number.NaN) }).toThrow(
    'got NaN',
  );
  await expect(pruneToFlops(network, call, examples, 0)).rejects.toThrow('share: got 0, expected (0, 1]');
  expect(() => magnitude({ norm: 3 as 1 })).toThrow('norm: got 3, expected 1 or 2');
});
