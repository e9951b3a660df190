import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  averagePool,
  cast,
  compile,
  conv,
  erf,
  exportOnnx,
  grad,
  iota,
  matMul,
  maxPool,
  mean,
  mul,
  relu,
  reshape,
  slice,
  sum,
  type Tensor,
  tensor,
  tril,
} from '../../index.js';
import { readModel } from '../import/reader.js';
import {
  callConvNet,
  callPerceptron,
  callTransformer,
  convNet,
  difference,
  drawn,
  errorOf,
  indices,
  perceptron,
  runFile,
  transformer,
} from './testing.js';

describe('exportOnnx', () => {
  it('writes files that compute what the function does', async () => {
    const net = perceptron();
    const { bytes } = await exportOnnx(callPerceptron, net, { x: { shape: [4, 8] } });
    expect(await errorOf(bytes, (x) => callPerceptron(net, x), 'x', drawn(31, [4, 8]))).toBeLessThan(1e-6);
  });

  it('writes files for batches of all lengths', async () => {
    const net = convNet();
    const { bytes } = await exportOnnx(callConvNet, net, { image: { shape: ['batch', 3, 8, 8] } });
    for (const batch of [1, 2, 7]) {
      const image = drawn(batch, [batch, 3, 8, 8]);
      expect(await errorOf(bytes, (x) => callConvNet(net, x), 'image', image)).toBeLessThan(1e-6);
    }
  });

  it('writes files for batches and sequences of all lengths', async () => {
    const net = transformer();
    const { bytes } = await exportOnnx(callTransformer, net, {
      tokens: { shape: ['batch', 'length'], dtype: 'int32' },
    });
    const lengths = fc.integer({ min: 1, max: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, lengths, async (batch, length) => {
        const error = await errorOf(bytes, (x) => callTransformer(net, x), 'tokens', indices(batch, length));
        expect(error).toBeLessThan(1e-6);
      }),
      { numRuns: 12 },
    );
  });

  it('says pooling with one operator', async () => {
    const options = { kernel: [3, 2], strides: 2, padding: [1, [0, 1]] } as const;
    const fn = (_: object, x: Tensor, row: Tensor) => ({
      max: maxPool(x, options),
      mean: averagePool(x, options),
      inside: averagePool(x, { ...options, countPadding: false }),
      row: maxPool(row, { kernel: 2 }),
    });
    const { bytes } = await exportOnnx(
      fn,
      {},
      { x: { shape: ['batch', 3, 7, 8] }, sequence: { shape: ['batch', 3, 6] } },
    );
    expect(
      readModel(bytes)
        .graph.nodes.filter(({ type }) => type !== 'Reshape')
        .map(({ type }) => type),
    ).toEqual(['MaxPool', 'AveragePool', 'AveragePool', 'MaxPool']);
    const [x, sequence] = [drawn(1, [2, 3, 7, 8]), drawn(2, [2, 3, 6])];
    const [results, expected] = [await runFile(bytes, { x, sequence }), await compile(fn)({}, x, sequence)];
    for (const [name, value] of Object.entries(expected)) {
      expect(results[name]!.shape).toEqual(value.shape);
      expect(difference(results[name]!.data, (await value.data()) as Float32Array)).toBeLessThan(1e-6);
    }
  });

  it('writes files for images of all sizes', async () => {
    const net = { first: drawn(1, [4, 3, 3, 3], 0.3), second: drawn(2, [5, 4, 3, 3], 0.3) };
    const fn = ({ first, second }: typeof net, x: Tensor) => {
      const maps = conv(relu(conv(x, first, { padding: 1 })), second, { strides: 2 });
      return { maps, output: mean(relu(conv(x, first, { padding: 1 })), { axis: [2, 3] }) };
    };
    const { bytes } = await exportOnnx(fn, net, { x: { shape: [1, 3, 'height', 'width'] } });
    expect(readModel(bytes).graph.outputs.map(({ shape }) => shape)).toEqual([
      [1, 5, 'output.0.2', 'output.0.3'],
      [1, 4],
    ]);
    for (const size of [
      [7, 10],
      [12, 5],
    ]) {
      const x = drawn(3, [1, 3, ...size]);
      const [results, expected] = [await runFile(bytes, { x }), await compile(fn)(net, x)];
      for (const [name, value] of Object.entries(expected)) {
        expect(results[name]!.shape).toEqual(value.shape);
        expect(difference(results[name]!.data, (await value.data()) as Float32Array)).toBeLessThan(1e-6);
      }
    }
  });

  it('tries other lengths if the function does not take the usual ones', async () => {
    const positions = drawn(4, [6, 3]);
    const fn = (table: Tensor, x: Tensor) => add(x, slice(table, [0], [x.length(0)]));
    const sizes = { x: { shape: ['length', 3] } };
    await expect(exportOnnx(fn, positions, sizes)).rejects.toThrow(
      /tried with length = 23: slice: 23 is outside/,
    );
    const { bytes } = await exportOnnx(fn, positions, sizes, { tryLengths: { length: [5, 4, 6] } });
    expect(await errorOf(bytes, (x) => fn(positions, x), 'x', drawn(5, [2, 3]))).toBe(0);
  });

  it('works numbers out from the lengths of its inputs', async () => {
    const fn = (_: object, x: Tensor) => {
      const [batch, length] = x.shape as [number, number];
      return {
        mean: mean(x, { axis: [0, 1] }),
        pairs: reshape(matMul(x, x, { transposeB: true }), [batch, batch]),
        flat: reshape(add(mul(cast(iota(2 * batch * length), 'float32'), 1 / 4), 0), [2 * batch, length]),
        lower: tril(
          reshape(sum(mul(reshape(x, [batch, length, 1]), reshape(x, [batch, 1, length])), { axis: 0 }), [
            length,
            length,
          ]),
        ),
      };
    };
    const { bytes } = await exportOnnx(fn, {}, { x: { shape: ['batch', 'length'] } });
    const [, outputs] = [readModel(bytes).graph.inputs, readModel(bytes).graph.outputs];
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['mean', []],
      ['pairs', ['batch', 'batch']],
      ['flat', ['2*batch', 'length']],
      ['lower', ['length', 'length']],
    ]);
    for (const shape of [
      [1, 1],
      [4, 3],
      [2, 6],
    ] as const) {
      const x = drawn(3, shape);
      const [results, expected] = [await runFile(bytes, { x }), await compile(fn)({}, x)];
      for (const [name, value] of Object.entries(expected)) {
        expect(results[name]!.shape).toEqual(value.shape);
        expect(difference(results[name]!.data, (await value.data()) as Float32Array)).toBeLessThan(1e-6);
      }
    }
  });

  it('gives everything a name to read', async () => {
    const { bytes } = await exportOnnx(
      (net: ReturnType<typeof perceptron>, x: Tensor) => ({ logits: callPerceptron(net, x) }),
      perceptron(),
      { pixels: { shape: ['batch', 8] } },
      {
        name: 'classifier',
        documentation: 'Eight numbers in, three scores out.',
        metadata: { license: 'MIT', labels: 'a,b,c' },
        producer: 'someone',
        producerVersion: '1.2.3',
      },
    );
    const { graph, ...model } = readModel(bytes);
    expect(model).toMatchObject({
      documentation: 'Eight numbers in, three scores out.',
      producer: 'someone',
      producerVersion: '1.2.3',
      irVersion: 10,
    });
    expect([...model.metadata]).toEqual([
      ['license', 'MIT'],
      ['labels', 'a,b,c'],
    ]);
    expect(graph.name).toBe('classifier');
    expect(graph.inputs).toMatchObject([{ name: 'pixels', shape: ['batch', 8] }]);
    expect(graph.outputs).toMatchObject([{ name: 'logits', shape: ['batch', 3] }]);
    expect(graph.initializers.map(({ name }) => name)).toEqual([
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
      'layers.1.bias',
    ]);
    expect(
      graph.nodes.map(({ name, inputs, outputs }) => [name, ...inputs, '→', ...outputs].join(' ')),
    ).toEqual([
      'layers.0/MatMul pixels layers.0.weight → layers.0/MatMul',
      'layers.0/Add layers.0/MatMul layers.0.bias → layers.0/Add',
      'layers.0/Relu layers.0/Add → layers.0/Relu',
      'layers.1/MatMul layers.0/Relu layers.1.weight → layers.1/MatMul',
      'layers.1/Add layers.1/MatMul layers.1.bias → logits',
    ]);
  });

  it('passes inputs, weights and repeated values on as outputs', async () => {
    const fn = ({ weight }: { weight: Tensor }, x: Tensor) => {
      const double = mul(x, 2);
      return { same: x, weight, first: double, second: double };
    };
    const { bytes } = await exportOnnx(fn, { weight: tensor([7]) }, { x: { shape: [2] } });
    const results = await runFile(bytes, { x: tensor([1, 2]) });
    expect(Object.entries(results).map(([name, { data }]) => [name, data])).toEqual([
      ['same', [1, 2]],
      ['weight', [7]],
      ['first', [2, 4]],
      ['second', [2, 4]],
    ]);
  });

  it('stores tensors that the function brings along, and tied weights once', async () => {
    const mask = tensor([1, 0, 1]);
    const shared = drawn(2, [3, 3]);
    const fn = (net: { a: Tensor; b: Tensor }, x: Tensor) => mul(matMul(matMul(x, net.a), net.b), mask);
    const { bytes } = await exportOnnx(fn, { a: shared, b: shared }, { x: { shape: [1, 3] } });
    expect(readModel(bytes).graph.initializers.map(({ name }) => name)).toEqual(['a', 'captured.0']);
  });

  it("uses ONNX Runtime's own operators only when it may", async () => {
    const fn = (weight: Tensor, x: Tensor) => matMul(x, weight, { transposeB: true });
    const [weight, x] = [drawn(1, [3, 4]), drawn(2, [2, 4])];
    const typesOf = async (ortOperators: boolean) => {
      const { bytes } = await exportOnnx(fn, weight, { x: { shape: ['batch', 4] } }, { ortOperators });
      expect(await errorOf(bytes, (each) => fn(weight, each), 'x', x)).toBeLessThan(1e-6);
      const { graph, opsets } = readModel(bytes);
      return [graph.nodes.map(({ type }) => type), [...opsets.keys()]];
    };
    expect(await typesOf(true)).toEqual([['FusedMatMul'], ['', 'com.microsoft']]);
    expect(await typesOf(false)).toEqual([['Gemm'], ['']]);
  });

  it('computes what depends on weights alone if asked', async () => {
    const net = convNet();
    const sizes = { image: { shape: ['batch', 3, 8, 8] } };
    const call = (each: typeof net, x: Tensor) => {
      const scale = mul(each.norm.scale, each.norm.scale);
      return callConvNet({ ...each, norm: { ...each.norm, scale } }, x);
    };
    const [plain, folded] = [
      readModel((await exportOnnx(call, net, sizes)).bytes).graph,
      await exportOnnx(call, net, sizes, { fold: true }),
    ];
    const { nodes, initializers } = readModel(folded.bytes).graph;
    expect(nodes.length).toBeLessThan(plain.nodes.length);
    expect(nodes.map(({ type }) => type)).not.toContain('Sqrt');
    expect(initializers.map(({ name }) => name)).toContain('norm.scale/mul');
    const image = drawn(8, [2, 3, 8, 8]);
    expect(await errorOf(folded.bytes, (x) => call(net, x), 'image', image)).toBeLessThan(1e-6);
  });

  it('writes gradients like any other function', async () => {
    const net = perceptron();
    const slope = (each: typeof net, x: Tensor) =>
      grad((at: Tensor) => sum(mul(callPerceptron(each, at), 0.5)))(x);
    const { bytes } = await exportOnnx(slope, net, { x: { shape: ['batch', 8] } });
    expect(await errorOf(bytes, (x) => slope(net, x), 'x', drawn(9, [3, 8]))).toBeLessThan(1e-6);
  });

  it('writes float64 and integers', async () => {
    const fn = (weight: Tensor, x: Tensor) => erf(mul(x, cast(abs(weight), 'float64')));
    const weight = tensor([-1, 2], 'int32');
    const { bytes } = await exportOnnx(fn, weight, { x: { shape: ['n', 2], dtype: 'float64' } });
    const x = tensor([[0.1, -0.4]], 'float64');
    expect(await errorOf(bytes, (each) => fn(weight, each), 'x', x)).toBeLessThan(1e-15);
  });
});
