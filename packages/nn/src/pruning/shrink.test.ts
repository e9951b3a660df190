import { readFileSync } from 'node:fs';
import {
  concat,
  exportOnnx,
  importOnnx,
  normal,
  pixelShuffle,
  randomKey,
  relu,
  type Shape,
  slice,
  splitKey,
  type Tensor,
  tensor,
  uniform,
} from '@evenkeel/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePool,
  BatchNorm,
  Conv,
  ConvTranspose,
  channelGroups,
  countParameters,
  GroupNorm,
  gelu,
  globalAveragePool,
  Linear,
  mapParameters,
  maxPool,
  modelSummary,
  ResidualBlock,
  Sequential,
  shrink,
  softmax,
  TransformerBlock,
} from '../index.js';
import { everyThird, withZeroChannels } from './testing/zeroChannels.js';

const dtype = 'float64' as const;
const keys = splitKey(randomKey(7), 12) as Tensor[];
const call = (model: { call(x: Tensor): Tensor }, x: Tensor): Tensor => model.call(x);

/** Batch normalization as training leaves it. */
function usedNorm(key: Tensor, channels: number): BatchNorm {
  const draw = (each: Tensor, low: number, high: number) => uniform(each, [channels], { low, high, dtype });
  const [a, b, c, d] = splitKey(key, 4) as [Tensor, Tensor, Tensor, Tensor];
  return Object.assign(new BatchNorm(channels, { dtype }), {
    scale: draw(a, 0.5, 1.5),
    shift: draw(b, 0.2, 1),
    running: { mean: draw(c, -1, 1), variance: draw(d, 0.5, 2) },
  });
}

const flattened = (x: Tensor) => x.reshape([x.length(0), -1]);
const pooled = (x: Tensor) => maxPool(x, { kernel: 2 });

class Branches {
  readonly left = new Conv(keys[0]!, 2, 6, [3, 3], { dtype, padding: 1 });
  readonly right = new Conv(keys[1]!, 2, 9, [1, 1], { dtype });
  readonly norm = usedNorm(keys[2]!, 15);
  readonly after = new Conv(keys[3]!, 15, 6, [3, 3], { dtype });
  readonly head = new Linear(keys[4]!, 6, 3, { dtype });

  call(x: Tensor): Tensor {
    const both = concat([relu(this.left.call(x)), this.right.call(x)], 1);
    return this.head.call(globalAveragePool(relu(this.after.call(this.norm.call(both)))));
  }
}

const architectures: Readonly<
  Record<string, { model: { call(x: Tensor): Tensor }; shape: Shape; groups: number }>
> = {
  'a plain network with batch normalization': {
    model: new Sequential(
      new Conv(keys[0]!, 2, 8, [3, 3], { dtype, padding: 1, bias: false }),
      usedNorm(keys[1]!, 8),
      relu,
      pooled,
      new Conv(keys[2]!, 8, 9, [3, 3], { dtype }),
      usedNorm(keys[3]!, 9),
      relu,
      flattened,
      new Linear(keys[4]!, 36, 10, { dtype }),
      relu,
      new Linear(keys[5]!, 10, 3, { dtype }),
    ),
    shape: [2, 2, 8, 8],
    groups: 3,
  },
  'a residual network': {
    model: new Sequential(
      new Conv(keys[0]!, 2, 6, [3, 3], { dtype, padding: 1 }),
      new ResidualBlock(keys[1]!, 6, 6, { dtype }),
      new ResidualBlock(keys[2]!, 6, 9, { dtype, stride: 2 }),
      globalAveragePool,
      new Linear(keys[3]!, 9, 3, { dtype }),
    ),
    shape: [2, 2, 8, 8],
    groups: 4,
  },
  'a network with concatenation': { model: new Branches(), shape: [2, 2, 8, 8], groups: 3 },
  'depthwise separable convolutions': {
    model: new Sequential(
      new Conv(keys[0]!, 2, 6, [3, 3], { dtype }),
      relu,
      new Conv(keys[1]!, 6, 12, [3, 3], { dtype, groups: 6 }),
      relu,
      new Conv(keys[2]!, 12, 9, [1, 1], { dtype }),
      usedNorm(keys[3]!, 9),
      relu,
      new Conv(keys[4]!, 9, 9, [3, 3], { dtype, groups: 9, padding: 1 }),
      globalAveragePool,
      new Linear(keys[5]!, 9, 3, { dtype }),
    ),
    shape: [2, 2, 8, 8],
    groups: 2,
  },
  'convolutions in groups, and group normalization': {
    model: new Sequential(
      new Conv(keys[0]!, 2, 12, [3, 3], { dtype, padding: 1 }),
      new GroupNorm(6, 12, { dtype }),
      relu,
      new Conv(keys[1]!, 12, 12, [3, 3], { dtype, groups: 2 }),
      relu,
      new Conv(keys[2]!, 12, 4, [1, 1], { dtype }),
    ),
    shape: [2, 2, 6, 6],
    groups: 2,
  },
  perceptrons: {
    model: new Sequential(
      new Linear(keys[0]!, 5, 12, { dtype }),
      relu,
      new Linear(keys[1]!, 12, 7, { dtype }),
      (x) => x.tanh(),
      new Linear(keys[2]!, 7, 3, { dtype }),
    ),
    shape: [4, 5],
    groups: 2,
  },
  'the feed-forward part and the heads of a transformer': {
    model: new Sequential(
      new TransformerBlock(keys[0]!, 12, 4, { dtype, hidden: 24 }),
      new TransformerBlock(keys[1]!, 12, 6, { dtype, groups: 3, hidden: 30 }),
    ),
    shape: [2, 5, 12],
    groups: 4,
  },
  'images made larger': {
    model: new Sequential(
      new Conv(keys[0]!, 2, 6, [3, 3], { dtype, padding: 1 }),
      gelu,
      new ConvTranspose(keys[1]!, 6, 12, [2, 2], { dtype, strides: 2 }),
      relu,
      (x) => pixelShuffle(x, 2),
      new Conv(keys[2]!, 3, 3, [1, 1], { dtype }),
    ),
    shape: [2, 2, 4, 4],
    groups: 2,
  },
};

const farthest = async (a: Tensor, b: Tensor): Promise<number> => Number(await a.sub(b).abs().max().item());

describe('shrink', () => {
  it.each(Object.entries(architectures))(
    'leaves outputs as they are without zeros in %s',
    async (_, each) => {
      const { model, shape } = each;
      const examples = [{ shape, dtype }];
      const found = channelGroups(model, call, examples);
      expect(found.groups.map(({ name }) => name)).toHaveLength(each.groups);
      const masks = everyThird(found);
      const zeroed = await withZeroChannels(model, found, masks);
      const small = await shrink(zeroed, call, examples, masks);
      const x = normal(randomKey(3), shape, { dtype });
      expect(await farthest(small.model.call(x), zeroed.call(x))).toBeLessThan(1e-9);
      expect(small.notFolded).toEqual([]);
      expect(small.after.parameters).toBe(countParameters(small.model));
      expect(small.after.parameters).toBeLessThan(small.before.parameters);
      const { multiplyAdds } = modelSummary(small.model, examples);
      expect(small.after.multiplyAdds).toBe(multiplyAdds);
      expect(multiplyAdds).toBeLessThan(small.before.multiplyAdds);
    },
  );

  it.each(Object.entries(architectures))(
    'does so in files, and after them: %s',
    async (_, { model, shape }) => {
      const file = await exportOnnx((each: typeof model, x: Tensor) => each.call(x), model, {
        x: { shape, dtype },
      });
      const imported = await importOnnx(file.bytes);
      const examples = [{ shape, dtype }];
      const found = channelGroups(imported, call, examples);
      expect(found.groups.length).toBeGreaterThan(0);
      const masks = everyThird(found);
      const zeroed = await withZeroChannels(imported, found, masks);
      const small = await shrink(zeroed, call, examples, masks);
      const x = normal(randomKey(3), shape, { dtype });
      const expected = zeroed.call(x);
      expect(await farthest(small.model.call(x), expected)).toBeLessThan(1e-9);
      const written = await exportOnnx(
        (weights: typeof small.model.weights, input: Tensor) => small.model.withWeights(weights).call(input),
        small.model.weights,
        { x: { shape, dtype } },
      );
      const again = await importOnnx(written.bytes);
      expect(await farthest(again.call(x), expected)).toBeLessThan(1e-9);
      expect(countParameters(again)).toBeLessThan(countParameters(imported));
      expect(written.bytes.length).toBeLessThan(file.bytes.length);
    },
  );

  it.each([
    ['cnn-11', [3, 1, 12, 12]],
    ['cnn-17', [3, 1, 12, 12]],
    ['resnet-13', [3, 3, 8, 8]],
    ['resnet-18', [3, 3, 8, 8]],
  ] as const)('takes files that PyTorch wrote: %s', async (name, shape) => {
    const file = new URL(`../../../tensor/src/onnx/import/fixtures/${name}.onnx`, import.meta.url);
    const imported = await importOnnx(readFileSync(file));
    const examples = [{ shape }];
    const found = channelGroups(imported, call, examples);
    const masks = everyThird(found);
    const zeroed = await withZeroChannels(imported, found, masks);
    const small = await shrink(zeroed, call, examples, masks);
    // Another batch than the example's: lengths stay open.
    const x = normal(randomKey(3), [5, ...shape.slice(1)]);
    expect(await farthest(small.model.call(x), zeroed.call(x))).toBeLessThan(1e-6);
    expect(countParameters(small.model)).toBeLessThan(countParameters(imported));
    const written = await exportOnnx(
      (weights: typeof small.model.weights, input: Tensor) => small.model.withWeights(weights).call(input),
      small.model.weights,
      { x: { shape: ['batch', ...shape.slice(1)] } },
    );
    const again = await importOnnx(written.bytes);
    expect(await farthest(again.call(x), zeroed.call(x))).toBeLessThan(1e-6);
    const sizes = [...small.model.buffers.values()].map(({ size }) => size);
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(
      [...imported.buffers.values()].reduce((a, { size }) => a + size, 0),
    );
  });
});

it.each(['transformer-14', 'transformer-20', 'transformer-23'])(
  'finds the feed-forward part of what PyTorch wrote, and says why the rest stays: %s',
  async (name) => {
    const file = new URL(`../../../tensor/src/onnx/import/fixtures/${name}.onnx`, import.meta.url);
    const imported = await importOnnx(readFileSync(file));
    const tokens = tensor(
      BigInt64Array.from({ length: 10 }, (_, i) => BigInt((i * 7) % 11)),
      { shape: [2, 5] },
    );
    const found = channelGroups(imported, call, [tokens]);
    expect(found.groups.map(({ name: path, channels }) => [path, channels])).toEqual([
      ['parameters.mlp.0.bias', 32],
    ]);
    expect(found.kept.map(({ reason }) => reason)).toContain('indices choose among it');
    const masks = everyThird(found);
    const zeroed = await withZeroChannels(imported, found, masks);
    const small = await shrink(zeroed, call, [tokens], masks);
    expect(await farthest(small.model.call(tokens), zeroed.call(tokens))).toBeLessThan(1e-6);
    expect(small.after.multiplyAdds).toBeLessThan(small.before.multiplyAdds);
  },
);

it('leaves outputs as they are when the weights in between are products themselves', async () => {
  const model = { down: normal(keys[0]!, [4, 6], { dtype }), up: normal(keys[1]!, [6, 5], { dtype }) };
  const merged = ({ down, up }: typeof model, x: Tensor) => x.matMul(down.matMul(up));
  const examples = [{ shape: [3, 4], dtype }];
  const found = channelGroups(model, merged, examples);
  expect(found.groups.map(({ name, channels }) => [name, channels])).toEqual([['down', 6]]);
  const masks = everyThird(found);
  const zeroed = await withZeroChannels(model, found, masks);
  const small = await shrink(zeroed, merged, examples, masks);
  const x = normal(randomKey(3), [3, 4], { dtype });
  expect(small.model.down.shape).toEqual([4, 4]);
  expect(await farthest(merged(small.model, x), merged(zeroed, x))).toBeLessThan(1e-9);
});

it('leaves outputs as they are for any masks of zero channels', async () => {
  const networks = Object.values(architectures).map(({ model, shape }) => {
    const examples = [{ shape, dtype }];
    return { model, shape, examples, found: channelGroups(model, call, examples) };
  });
  const which = fc.integer({ min: 0, max: networks.length - 1 });
  await fc.assert(
    fc.asyncProperty(which, fc.infiniteStream(fc.constantFrom(0, 1)), async (at, bits) => {
      const { model, shape, examples, found } = networks[at]!;
      const masks = Object.fromEntries(
        found.groups.map(({ name, channels }) => {
          const mask = Array.from({ length: channels }, () => bits.next().value as number);
          return [name, mask.includes(1) ? mask : mask.fill(1, 0, 1)];
        }),
      );
      const zeroed = await withZeroChannels(model, found, masks);
      const small = await shrink(zeroed, call, examples, masks);
      const x = normal(randomKey(5), shape, { dtype });
      expect(await farthest(small.model.call(x), zeroed.call(x))).toBeLessThan(1e-9);
    }),
    { numRuns: 16, seed: 2 },
  );
});

describe('constants in channels that go', () => {
  /** Scales are 0, shifts are not. */
  const constant = async (padding: number, bias: boolean) => {
    const model = new Sequential(
      new Conv(keys[0]!, 2, 6, [3, 3], { dtype }),
      usedNorm(keys[1]!, 6),
      relu,
      new Conv(keys[2]!, 6, 6, [3, 3], { dtype, padding, bias }),
      usedNorm(keys[3]!, 6),
      relu,
      flattened,
      new Linear(keys[4]!, 6 * (6 + 2 * padding) ** 2, 9, { dtype, bias }),
      relu,
      new Linear(keys[5]!, 9, 2, { dtype }),
    );
    const examples = [{ shape: [2, 2, 10, 10], dtype }];
    const found = channelGroups(model, call, examples);
    const masks = Object.fromEntries(Object.entries(everyThird(found)).slice(0, 2));
    const zeroed = await withZeroChannels(model, found, masks, ['scale']);
    const small = await shrink(zeroed, call, examples, masks);
    const x = normal(randomKey(3), [2, 2, 10, 10], { dtype });
    return { small, difference: await farthest(small.model.call(x), zeroed.call(x)) };
  };

  it('go into biases and running means', async () => {
    const { small, difference } = await constant(0, true);
    expect(difference).toBeLessThan(1e-9);
    expect(small.folded).toBeGreaterThan(2);
    expect(small.notFolded).toEqual([]);
  });

  it('are lost where padding meets them, and where there is no bias', async () => {
    const { small, difference } = await constant(1, false);
    expect(difference).toBeGreaterThan(1e-3);
    expect(small.notFolded).toEqual([
      expect.stringMatching(/^steps\.3\.weight: constants of \d removed channels are lost: the layer pads/),
      expect.stringMatching(
        /^steps\.7\.weight: constants of \d+ removed channels are lost: the layer has no bias that could take them$/,
      ),
    ]);
  });
});

it('tells of constants that differ from place to place, or reach other layers', async () => {
  const even = new Sequential(
    new Conv(keys[0]!, 2, 6, [3, 3], { dtype, padding: 1 }),
    usedNorm(keys[1]!, 6),
    (x) => averagePool(x, { kernel: 2, padding: 1 }),
    new Conv(keys[2]!, 6, 3, [1, 1], { dtype }),
    new ConvTranspose(keys[3]!, 3, 2, [2, 2], { dtype }),
  );
  const examples = [{ shape: [1, 2, 6, 6], dtype }];
  const found = channelGroups(even, call, examples);
  const masks = everyThird(found);
  const zeroed = await withZeroChannels(even, found, masks, ['scale']);
  const lost = (await shrink(zeroed, call, examples, masks)).notFolded;
  expect(lost).toEqual([
    'steps.3.weight: constants of 2 removed channels are lost: they differ from place to place',
  ]);
  const bias = mapParameters(zeroed, /^steps\.3\.weight$/, (each) => each.mul(0));
  expect((await shrink(bias, call, examples, masks)).notFolded).toContain(
    'steps.4.weight: constants of 1 removed channels are lost: the layer is none that is followed here',
  );
});

describe('bad masks', () => {
  const { model, shape } = architectures.perceptrons!;
  const refused = (masks: Record<string, number[]>) =>
    expect(shrink(model, call, [{ shape, dtype }], masks)).rejects;
  it('are refused', async () => {
    await refused({ nothing: [1] }).toThrow(
      'shrink: no prunable group is called "nothing"; there are: steps.0.weight, steps.2.weight',
    );
    await refused({ 'steps.2.weight': [1, 0] }).toThrow('"steps.2.weight": got a mask of 2, expected 7');
    await refused({ 'steps.2.weight': [1, 0, 0.5, 1, 1, 1, 1] }).toThrow(
      'a mask is made of 0 and 1, got 0.5',
    );
    await refused({ 'steps.2.weight': [0, 0, 0, 0, 0, 0, 0] }).toThrow('must keep one channel at least');
  });
});

describe('channels that must stay', () => {
  it('say why', () => {
    const weight = normal(keys[0]!, [4, 6]);
    const second = normal(keys[1]!, [6, 6]);
    const reasons = (fn: (model: { weight: Tensor; second: Tensor }, x: Tensor) => Tensor) =>
      channelGroups({ weight, second }, fn, [{ shape: [3, 4] }]).kept.map(({ reason }) => reason);
    const given = tensor([1, 2, 3, 4, 5, 6]);
    expect(reasons((m, x) => x.matMul(m.weight).mul(given).matMul(m.second))).toContain(
      '`mul` combines it with something whose length is given',
    );
    expect(reasons((m, x) => softmax(x.matMul(m.weight)).matMul(m.second))).toContain(
      '`softmax` runs over it',
    );
    expect(reasons((m, x) => slice(x.matMul(m.weight), [0, 0], [3, 3]).sum({ axis: 1 }))).toContain(
      'a part of it is cut out',
    );
    expect(
      reasons((m, x) => x.matMul(m.weight).reshape([3, 6]).matMul(m.second).reshape([3, 2, 3])),
    ).toContain('it is an axis of the output');
    expect(
      reasons((m, x) => relu(x.matMul(m.weight)).reshape([3, 2, 3]).reshape([3, 6]).matMul(m.second)),
    ).toContainEqual(expect.stringContaining('the call does not take fewer: reshape'));
    expect(reasons((_, x) => x)).toContain('the call does not use it');
  });
});
