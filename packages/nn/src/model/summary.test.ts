import {
  checkpoint,
  cond,
  conv,
  convTranspose,
  greater,
  matMul,
  normal,
  randomKey,
  relu,
  scan,
  splitKey,
  stopGradient,
  type Tensor,
  whileLoop,
  zeros,
} from '@evenkeel/tensor';
import { describe, expect, it } from 'vitest';
import {
  BatchNorm,
  Conv,
  ConvTranspose,
  Embedding,
  formatSummary,
  LayerNorm,
  Linear,
  Lstm,
  MultiHeadAttention,
  modelSummary,
  Sequential,
  TransformerBlock,
} from '../index.js';

const key = randomKey(0);
const [n, length] = [3, 5];

describe('modelSummary counts multiply-adds', () => {
  it.each<[string, { call(x: Tensor): unknown }, number[], number]>([
    ['of a linear layer', new Linear(key, 7, 4), [n, length, 7], n * length * 7 * 4],
    // 9 rows with padding 1, kernel 3, stride 2 give 5.
    [
      'of a strided convolution',
      new Conv(key, 4, 6, [3, 3], { strides: 2, padding: 1 }),
      [n, 4, 9, 9],
      n * 6 * 5 * 5 * 4 * 9,
    ],
    [
      'of a convolution in groups',
      new Conv(key, 4, 6, [3, 2], { groups: 2 }),
      [n, 4, 9, 9],
      n * 6 * 7 * 8 * 2 * 6,
    ],
    [
      'of a depthwise convolution',
      new Conv(key, 8, 8, [3, 3], { groups: 8, padding: 1 }),
      [n, 8, 6, 6],
      n * 8 * 36 * 9,
    ],
    [
      'of a dilated convolution over one axis',
      new Conv(key, 4, 6, [3], { dilation: 2 }),
      [n, 4, 9],
      n * 6 * 5 * 4 * 3,
    ],
    [
      'of a transposed convolution',
      new ConvTranspose(key, 4, 6, [3, 3], { strides: 2, groups: 2 }),
      [n, 4, 5, 5],
      n * 4 * 25 * 3 * 9,
    ],
    [
      'of attention',
      new MultiHeadAttention(key, 8, 4),
      [n, length, 8],
      4 * n * length * 64 + 2 * n * length * length * 8,
    ],
    [
      'of attention with groups',
      new MultiHeadAttention(key, 8, 4, { groups: 2 }),
      [n, length, 8],
      n * length * (2 * 64 + 2 * 32) + 2 * n * length * length * 8,
    ],
    ['of an LSTM, step by step', new Lstm(key, 7, 4), [n, length, 7], n * length * (7 * 16 + 4 * 16)],
  ])('%s', (_, layer, shape, expected) => {
    const { multiplyAdds, modules } = modelSummary(layer, [{ shape }]);
    expect(multiplyAdds).toBe(expected);
    expect(modules[0]!.multiplyAdds).toBe(expected);
  });

  const weights = { square: zeros([4, 4]) };
  const input = [{ shape: [2, 4] }];
  const product = (x: Tensor) => x.matMul(weights.square);
  it.each<[string, (x: Tensor) => unknown, number]>([
    ['of a product of batches', (x) => matMul(x.reshape([2, 1, 4]), zeros([2, 4, 3])), 2 * 4 * 3],
    ['of a transposed product', (x) => matMul(x, zeros([2, 3]), { transposeA: true }), 4 * 2 * 3],
    ['of vectors', (x) => matMul(x.reshape([8]), zeros([8])), 8],
    [
      'of loops within loops',
      (x) =>
        scan(
          (outer: Tensor, _: undefined) => [
            scan((inner: Tensor, __: undefined) => [product(inner), undefined], outer, undefined, {
              length: 3,
            })[0],
            undefined,
          ],
          x,
          undefined,
          { length: 5 },
        )[0],
      5 * 3 * 2 * 16,
    ],
    [
      'of the more expensive branch',
      (x) =>
        cond(
          greater(x.sum(), 0),
          (each: Tensor) => product(product(each)),
          (each: Tensor) => product(each),
          x,
        ),
      2 * 2 * 16,
    ],
    [
      'of as many steps as a loop may take',
      (x) => stopGradient(whileLoop((each: Tensor) => greater(each.sum(), 0), product, x, { maximum: 7 })),
      7 * 2 * 16,
    ],
    ['of checkpoints once', (x) => checkpoint(product)(x), 2 * 16],
    ['of what is used alone', (x) => [x.relu(), product(x)][0], 0],
    ['of a convolution by hand', (x) => conv(x.reshape([1, 1, 8]), zeros([1, 1, 3])), 6 * 3],
    ['of its transpose', (x) => convTranspose(x.reshape([1, 1, 8]), zeros([1, 1, 3])), 8 * 3],
  ])('%s', (_, fn, expected) => {
    expect(modelSummary(weights, input, (__, x) => fn(x!)).multiplyAdds).toBe(expected);
  });
});

describe('modelSummary', () => {
  class Network {
    readonly embedding: Embedding;
    readonly blocks: readonly TransformerBlock[];
    readonly unused: BatchNorm;

    constructor() {
      const [first, ...rest] = splitKey(key, 3);
      this.embedding = new Embedding(first!, 11, 8);
      this.blocks = rest.map((each) => new TransformerBlock(each, 8, 2, { hidden: 12 }));
      this.unused = new BatchNorm(8);
    }

    call(tokens: Tensor): Tensor {
      const features = this.blocks.reduce((x, block) => block.call(x), this.embedding.call(tokens));
      return features.matMul(this.embedding.table.transpose());
    }
  }
  const tokens = { shape: [n, length], dtype: 'int32' } as const;

  it('tells modules apart, with their classes, shapes and shares', () => {
    const { modules, ...totals } = modelSummary(new Network(), [tokens]);
    expect(modules.map(({ path, className }) => `${path}: ${className}`).slice(0, 5)).toEqual([
      ': Network',
      'embedding: Embedding',
      'blocks.0: TransformerBlock',
      'blocks.0.attentionNorm: LayerNorm',
      'blocks.0.attention: MultiHeadAttention',
    ]);
    const at = (path: string) => modules.find((each) => each.path === path)!;
    const attention = 4 * n * length * 64 + 2 * n * length * length * 8;
    const block = attention + 2 * n * length * 8 * 12;
    expect(at('embedding')).toMatchObject({
      parameters: 88,
      output: [n, length, 8],
      multiplyAdds: 0,
      calls: 1,
    });
    expect(at('blocks.1.attention')).toMatchObject({
      parameters: 4 * 72,
      output: [n, length, 8],
      multiplyAdds: attention,
    });
    expect(at('blocks.1.widen')).toMatchObject({ parameters: 108, multiplyAdds: n * length * 96 });
    expect(at('blocks.0').multiplyAdds).toBe(block);
    expect(at('unused')).toMatchObject({ parameters: 32, calls: 0, multiplyAdds: 0, trainingBytes: 0 });
    expect(at('unused').output).toBeUndefined();
    expect(totals.multiplyAdds).toBe(2 * block + n * length * 8 * 11);
    const { parameters, multiplyAdds, trainingBytes } = totals;
    expect(modules[0]).toMatchObject({ parameters, multiplyAdds, trainingBytes, output: [n, length, 11] });
  });

  it('counts the calls of a module that is used again', () => {
    const layer = new Linear(key, 4, 4);
    const model = new Sequential(layer, relu, layer);
    const { modules, parameters } = modelSummary(model, [{ shape: [2, 4] }]);
    expect(parameters).toBe(20);
    expect(modules.map(({ calls }) => calls)).toEqual([1, 1, 1]);
    const twice = modelSummary({ layer }, [{ shape: [2, 4] }], (each, x) =>
      each.layer.call(each.layer.call(x!)),
    );
    expect(twice.modules[1]).toMatchObject({ path: 'layer', calls: 2, multiplyAdds: 64 });
  });

  it('knows what the derivative of a perceptron keeps', () => {
    const model = new Sequential(new Linear(key, 4, 8), relu, new Linear(key, 8, 2));
    const { trainingBytes, inferenceBytes, parameterBytes } = modelSummary(model, [{ shape: [10, 4] }]);
    // What relu takes, for its slope, and what it returns, for the weights behind it; the input is given.
    expect(trainingBytes).toBe(2 * 320);
    expect(parameterBytes).toBe(4 * (40 + 18));
    // A product and its sum with the bias, or relu.
    expect(inferenceBytes).toBe(2 * 320);
  });

  it('knows what the derivatives of other layers keep', () => {
    const kept = (layer: { call(x: Tensor): unknown }, shape: readonly number[]) =>
      modelSummary(layer, [{ shape }]).trainingBytes / 4;
    // A convolution needs only its input and its weights.
    expect(kept(new Conv(key, 2, 3, [3, 3]), [n, 2, 6, 6])).toBe(0);
    // What drives the gates at every step, and both carries before it.
    expect(kept(new Lstm(key, 7, 4), [n, length, 7])).toBe(n * length * (16 + 4 + 4));
    // The standardized input, and the inverse of its spread.
    const normalized = new Sequential(new Linear(key, 6, 6), new LayerNorm(6));
    expect(kept(normalized, [n, length, 6])).toBe(n * length * (6 + 1));
    // Queries (scaled), keys and values in heads, the weights of every head, and the means, in heads and side by side.
    const attention = new MultiHeadAttention(key, 8, 2);
    expect(kept(attention, [n, length, 8])).toBe(n * length * (5 * 8 + 2 * length));
  });

  it('keeps less where values are computed again', () => {
    const layers = Array.from({ length: 4 }, (_, i) => new Linear(randomKey(i), 16, 16));
    const run = (wrap: typeof checkpoint) =>
      modelSummary(layers, [{ shape: [8, 16] }], (each, x) =>
        each.reduce((y, layer) => wrap((z: Tensor) => layer.call(z).tanh().exp())(y), x!),
      );
    const [kept, again] = [run((fn) => fn), run(checkpoint)];
    expect(again.multiplyAdds).toBe(kept.multiplyAdds);
    // tanh and exp of every layer, against the outputs of all but the last.
    expect(kept.trainingBytes).toBe(8 * 8 * 16 * 4);
    expect(again.trainingBytes).toBe(3 * 8 * 16 * 4);
  });

  it('leaves the model as it was', () => {
    const model = new Network();
    modelSummary(model, [tokens]);
    expect(Object.getOwnPropertyNames(model)).toEqual(['embedding', 'blocks', 'unused']);
  });

  it('is shown as a table', () => {
    const model = new Sequential(new Linear(key, 4, 8), relu, new Linear(key, 8, 2));
    expect(
      formatSummary(modelSummary(model, [normal(key, [10, 4])]))
        .split('\n')
        .slice(0, 4),
    ).toEqual([
      'module   class       output   parameters  multiply-adds  kept bytes',
      '(model)  Sequential  [10, 2]          58            480         640',
      'steps.0  Linear      [10, 8]          40            320         320',
      'steps.2  Linear      [10, 2]          18            160           0',
    ]);
  });

  it('refuses models that it cannot call, and calls without a result', () => {
    expect(() => modelSummary({ weight: zeros([2]) }, [])).toThrow(
      'modelSummary: the model has no method `call`; give a function as the third argument',
    );
    expect(() => modelSummary({}, [], () => 1)).toThrow('modelSummary: the call returned no tensor');
    expect(() => modelSummary(new Linear(key, 3, 2), [{ shape: [4] }])).toThrow(
      'Linear: expected an input of shape [..., 3], got [4]',
    );
  });
});
