import { readFileSync } from 'node:fs';
import {
  evaluate,
  flatten,
  grad,
  leavesOf,
  normal,
  randomKey,
  sizeOf,
  type Tensor,
  tensor,
  withLeaves,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  averagePool,
  BatchNorm,
  Conv,
  ConvTranspose,
  Embedding,
  GroupNorm,
  globalAveragePool,
  globalMaxPool,
  LayerNorm,
  Linear,
  Lstm,
  MultiHeadAttention,
  maxPool,
  pixelShuffle,
  ResidualBlock,
  RmsNorm,
  relu,
  Sequential,
  TransformerBlock,
  upsampleNearest,
} from '../index.js';

interface GoldenCase {
  readonly name: string;
  readonly input: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  readonly output: readonly number[];
  /** States and running statistics after the call. */
  readonly others: readonly (readonly number[])[];
  /** By the input, then by the parameters. */
  readonly gradients: readonly (readonly number[])[];
}

const { cases }: { cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL('./layers.golden.json', import.meta.url), 'utf8'),
);

const key = randomKey(0);
const dtype = 'float64';

interface Subject<Layer> {
  readonly layer: Layer;
  /** The output, then states. */
  readonly run: (layer: Layer, x: Tensor) => readonly Tensor[];
}

const subject = <Layer>(layer: Layer, run: Subject<Layer>['run']): Subject<unknown> => ({
  layer,
  run: (each, x) => run(each as Layer, x),
});

const simple = <Layer extends { call(x: Tensor): Tensor }>(layer: Layer) =>
  subject(layer, (each, x) => [each.call(x)]);

const block = new TransformerBlock(key, 8, 2, { hidden: 12, dtype });

const fn = (run: (x: Tensor) => Tensor) => subject({}, (_, x) => [run(x)]);

const keyMask = tensor([
  [true, true, true],
  [true, true, false],
]).reshape([2, 1, 1, 3]);

const subjects: Record<string, Subject<unknown>> = {
  linear: simple(new Linear(key, 5, 3, { dtype })),
  embedding: subject(new Embedding(key, 4, 3, { dtype }), (layer) => [
    layer.call(
      tensor(
        [
          [0, 3],
          [1, 3],
        ],
        'int32',
      ),
    ),
  ]),
  sequential: simple(
    new Sequential(new Linear(key, 3, 4, { dtype }), relu, new Linear(key, 4, 2, { dtype })),
  ),
  conv2dDilated: simple(new Conv(key, 2, 3, [3, 3], { dilation: 2, padding: 2, dtype })),
  conv2dDepthwise: simple(new Conv(key, 3, 3, [3, 3], { groups: 3, padding: 1, dtype })),
  convTranspose2dDilated: simple(new ConvTranspose(key, 2, 3, [3, 3], { dilation: 2, padding: 1, dtype })),
  maxPool1d: fn((x) => maxPool(x, { kernel: 3, strides: 2, padding: 1 })),
  maxPool2d: fn((x) => maxPool(x, { kernel: 3, strides: 2, padding: 1 })),
  averagePool1d: fn((x) => averagePool(x, { kernel: 3, strides: 2 })),
  averagePool2d: fn((x) =>
    averagePool(x, { kernel: [2, 3], strides: [2, 1], padding: 1, countPadding: false }),
  ),
  globalAveragePool: fn(globalAveragePool),
  globalMaxPool: fn(globalMaxPool),
  pixelShuffle: fn((x) => pixelShuffle(x, 2)),
  upsampleNearest: fn((x) => upsampleNearest(x, 3)),
  causalAttention: subject(new MultiHeadAttention(key, 8, 2, { dtype }), (layer, x) => [
    layer.call(x, { causal: true }),
  ]),
  maskedAttention: subject(new MultiHeadAttention(key, 8, 2, { dtype }), (layer, x) => [
    layer.call(x, { mask: keyMask }),
  ]),
  conv1d: simple(new Conv(key, 3, 4, [3], { strides: 2, padding: 2, dilation: 2, dtype })),
  conv2d: simple(new Conv(key, 4, 4, [3, 2], { strides: [2, 1], padding: [1, 0], groups: 2, dtype })),
  convTranspose1d: simple(
    new ConvTranspose(key, 3, 2, [3], { strides: 2, padding: 1, outputPadding: 1, dtype }),
  ),
  convTranspose2d: simple(new ConvTranspose(key, 4, 2, [2, 3], { strides: 2, groups: 2, dtype })),
  layerNorm: simple(new LayerNorm(5, { dtype })),
  rmsNorm: simple(new RmsNorm(5, { dtype })),
  groupNorm: simple(new GroupNorm(2, 4, { dtype })),
  batchNorm: subject(new BatchNorm(3, { dtype }), (layer, x) => {
    const [output, { running }] = layer.train(x);
    return [output, running.mean, running.variance];
  }),
  batchNormEvaluation: simple(new BatchNorm(3, { dtype })),
  attention: simple(new MultiHeadAttention(key, 8, 4, { groups: 2, dtype })),
  transformerBlock: subject(block, (layer, x) => [layer.call(x, { causal: true })]),
  lstm: subject(new Lstm(key, 3, 2, { dtype }), (layer, x) => {
    const [output, state] = layer.call(x);
    return [output, state.hidden, state.cell];
  }),
  residualBlock: subject(new ResidualBlock(key, 2, 3, { stride: 2, dtype }), (layer, x) => {
    const [output, { firstNorm, secondNorm, shortcutNorm }] = layer.train(x);
    return [output, ...leavesOf([firstNorm.running, secondNorm.running, shortcutNorm?.running])];
  }),
};

/** The sines of the golden file. */
const filled = (seed: number, shape: readonly number[], factor = 1, offset = 0) =>
  tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => factor * Math.sin(1 + 0.7 * i + 3 * seed) + offset),
    dtype,
  ).reshape(shape);

async function expectClose(actual: readonly Tensor[], expected: readonly (readonly number[])[]) {
  expect(actual.length).toBe(expected.length);
  const values = await Promise.all((await evaluate(actual)).map((each) => each.data()));
  for (const [i, numbers] of expected.entries()) {
    expect(values[i]!.length).toBe(numbers.length);
    numbers.forEach((number, j) => {
      const difference = Math.abs(Number(values[i]![j]) - number);
      expect(difference, `${i}: ${j}`).toBeLessThan(1e-9 * Math.max(1, Math.abs(number)));
    });
  }
}

describe('layers agree with PyTorch', () => {
  it('every case has a layer and every layer a case', () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(subjects).sort());
  });

  it.each(cases)('$name', async ({ name, input, parameters, output, others, gradients }) => {
    const { layer, run } = subjects[name]!;
    expect(flatten(layer).paths).toEqual(Object.keys(parameters));
    const leaves = Object.entries(parameters).map(([path, shape], seed) =>
      filled(seed, shape, 0.5, path.endsWith('variance') ? 1 : 0),
    );
    expect(leavesOf(layer).map(({ shape }) => shape)).toEqual(Object.values(parameters));
    const [model, x] = [withLeaves(layer, leaves), filled(100, input)];
    await expectClose(run(model, x), [output, ...others]);
    const slopes = grad(([image, each]: readonly [Tensor, unknown]) => {
      const [result] = run(each, image) as [Tensor];
      return result.mul(filled(99, result.shape)).sum();
    })([x, model]);
    await expectClose(leavesOf(slopes), gradients);
  });
});

describe('layers refuse', () => {
  const x = (...shape: number[]) => normal(key, shape);
  it.each<[string, () => unknown]>([
    [
      'Conv: expected an input of shape [n, 3, h, w], got [1, 2, 5, 5]',
      () => new Conv(key, 3, 4, [3, 3]).call(x(1, 2, 5, 5)),
    ],
    ['Conv: expected an input of shape [n, 3, w], got [3, 5]', () => new Conv(key, 3, 4, [3]).call(x(3, 5))],
    ['Conv: kernel: got [3, 3, 3], expected one or two integers', () => new Conv(key, 3, 4, [3, 3, 3])],
    [
      'Conv: groups: got 2, expected a divisor of 3 and 4 channels',
      () => new Conv(key, 3, 4, [3], { groups: 2 }),
    ],
    [
      'ConvTranspose: expected an input of shape [n, 3, w], got [1, 2, 5]',
      () => new ConvTranspose(key, 3, 4, [2]).call(x(1, 2, 5)),
    ],
    ['GroupNorm: expected an input of shape [n, 4, ...], got [4]', () => new GroupNorm(2, 4).call(x(4))],
    ['LayerNorm: expected an input of shape [..., 4], got [2, 3]', () => new LayerNorm(4).call(x(2, 3))],
    ['RmsNorm: expected an input of shape [..., 1], got [2, 3]', () => new RmsNorm(1).call(x(2, 3))],
    ['GroupNorm: groups: got 3, expected a divisor of 4 channels', () => new GroupNorm(3, 4)],
    ['BatchNorm: expected an input of shape [n, 4, ...], got [2, 3]', () => new BatchNorm(4).train(x(2, 3))],
    ['MultiHeadAttention: heads: got 3, expected a divisor of 8', () => new MultiHeadAttention(key, 8, 3)],
    [
      'MultiHeadAttention: groups: got 3, expected a divisor of 4',
      () => new MultiHeadAttention(key, 8, 4, { groups: 3 }),
    ],
    [
      'MultiHeadAttention: expected a context of shape [..., length, 8], got [2, 3, 4]',
      () => new MultiHeadAttention(key, 8, 4).call(x(2, 3, 8), { context: x(2, 3, 4) }),
    ],
    ['Lstm: expected an input of shape [n, length, 3], got [2, 3]', () => new Lstm(key, 3, 2).call(x(2, 3))],
    [
      'Lstm: cell: got [1, 2], expected [2, 2]',
      () => new Lstm(key, 3, 2).call(x(2, 4, 3), { hidden: x(2, 2), cell: x(1, 2) }),
    ],
  ])('%s', (message, act) => {
    expect(act).toThrow(message);
  });
});
