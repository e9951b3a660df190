import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  cast,
  compile,
  erf,
  exportOnnx,
  gelu,
  grad,
  iota,
  layerNorm,
  matMul,
  max,
  mean,
  mul,
  randomBits,
  reshape,
  slice,
  sum,
  type Tensor,
  tensor,
  transpose,
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
  perceptron,
  runFile,
  transformer,
} from './testing.js';

const indices = (batch: number, length: number): Tensor =>
  tensor(
    Int32Array.from({ length: batch * length }, (_, i) => (i * 7) % 11),
    { shape: [batch, length] },
  );

/** The file's output next to the compiled function's. */
async function errorOf(
  file: Uint8Array | string,
  fn: (x: Tensor) => Tensor,
  name: string,
  x: Tensor,
): Promise<number> {
  const { output } = await runFile(file, { [name]: x });
  const expected = await compile(fn)(x);
  expect(output!.shape).toEqual(expected.shape);
  return difference(output!.data, (await expected.data()) as Float32Array);
}

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
    for (const [batch, length] of [
      [1, 1],
      [3, 5],
      [2, 9],
    ] as const) {
      const error = await errorOf(bytes, (x) => callTransformer(net, x), 'tokens', indices(batch, length));
      expect(error).toBeLessThan(1e-6);
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

  it.each([13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24])('writes opset %i', async (opset) => {
    const [net, image] = [convNet(), drawn(50, [2, 3, 8, 8])];
    const conv = await exportOnnx(callConvNet, net, { image: { shape: ['batch', 3, 8, 8] } }, { opset });
    expect(readModel(conv.bytes).opsets.get('')).toBe(opset);
    expect(await errorOf(conv.bytes, (x) => callConvNet(net, x), 'image', image)).toBeLessThan(1e-6);
    const block = transformer();
    const attention = await exportOnnx(
      callTransformer,
      block,
      { tokens: { shape: ['batch', 'length'], dtype: 'int32' } },
      { opset },
    );
    const error = await errorOf(attention.bytes, (x) => callTransformer(block, x), 'tokens', indices(2, 4));
    expect(error).toBeLessThan(1e-6);
  });

  it('writes reductions and reshapes in the form that an old opset has', async () => {
    const fn = (_: object, x: Tensor) => max(reshape(x, [x.length(0), 2, 3]), { axis: [1, 2] });
    const { bytes } = await exportOnnx(fn, {}, { x: { shape: ['batch', 6] } }, { opset: 13 });
    const reduction = readModel(bytes).graph.nodes.find(({ type }) => type === 'ReduceMax')!;
    expect(reduction.attributes.get('axes')).toEqual({ kind: 'ints', value: [1, 2] });
    expect(await errorOf(bytes, (x) => fn({}, x), 'x', drawn(1, [5, 6]))).toBe(0);
  });

  it('writes out what an old opset has no operator for', async () => {
    const fn = (_: object, x: Tensor) => gelu(layerNorm(x));
    for (const [opset, types] of [
      [16, ['Reciprocal', 'Erf']],
      [19, ['LayerNormalization', 'Erf']],
      [20, ['LayerNormalization', 'Gelu']],
    ] as const) {
      const { bytes } = await exportOnnx(fn, {}, { x: { shape: ['batch', 6] } }, { opset });
      const { nodes } = readModel(bytes).graph;
      expect(nodes.map(({ type }) => type)).toEqual(expect.arrayContaining([...types]));
      expect(nodes.every(({ outputs }) => outputs.length === 1)).toBe(true);
      expect(await errorOf(bytes, (x) => fn({}, x), 'x', drawn(1, [3, 6]))).toBeLessThan(1e-6);
    }
  });

  it('lists what an old opset lacks', async () => {
    const fn = (_: object, key: Tensor) => randomBits(key, [4]);
    const file = exportOnnx(fn, {}, { key: { shape: [2], dtype: 'uint32' } }, { opset: 17 });
    await expect(file).rejects.toThrow(
      'exportOnnx: opset 17 does not have BitwiseOr in "randomBits" (opset 18), BitwiseXor in "randomBits" (opset 18); choose 18 or later',
    );
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
    const [plain, folded] = [
      readModel((await exportOnnx(callConvNet, net, sizes)).bytes).graph,
      await exportOnnx(callConvNet, net, sizes, { fold: true }),
    ];
    const { nodes, initializers } = readModel(folded.bytes).graph;
    expect(nodes.length).toBeLessThan(plain.nodes.length);
    expect(nodes.map(({ type }) => type)).not.toContain('Sqrt');
    expect(initializers.map(({ name }) => name)).toContain('norm.variance/mul');
    const image = drawn(8, [2, 3, 8, 8]);
    expect(await errorOf(folded.bytes, (x) => callConvNet(net, x), 'image', image)).toBeLessThan(1e-6);
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

  describe('refuses', () => {
    const write = (fn: (x: Tensor) => unknown, shape: (number | string)[] = ['batch', 4], options = {}) =>
      exportOnnx((_: object, x: Tensor) => fn(x) as Tensor, {}, { x: { shape } }, options);

    it('programs that are others for other lengths', async () => {
      const fn = (x: Tensor) => (x.length(0) > 25 ? mul(x, 2) : x);
      await expect(write(fn)).rejects.toThrow(
        'exportOnnx: "mul" is computed in another way for other lengths of batch',
      );
    });

    it('numbers that no formula gives', async () => {
      await expect(write((x) => mul(x, 1 / x.length(0)))).rejects.toThrow(
        /^exportOnnx: "mul" uses a number that is no sum of products of batch with whole factors: 0\.04/,
      );
      await expect(write((x) => transpose(x, x.length(0) === 23 ? [0, 1] : [1, 0]))).rejects.toThrow(
        'exportOnnx: "transpose" is computed in another way',
      );
      const constant = (x: Tensor) => add(x, tensor(Array.from({ length: x.length(0) }, () => [1])));
      await expect(write(constant)).rejects.toThrow('exportOnnx: "add" is computed in another way');
    });

    it('functions that fail, and says for which lengths', async () => {
      await expect(write((x) => reshape(x, [8, 4]))).rejects.toThrow(
        'exportOnnx: the function failed when it was tried with batch = 23: reshape: [23, 4] has 92 elements, [8, 4] has 32; if it does not take such lengths, give others with tryLengths',
      );
      await expect(write((x) => reshape(x, [8, 4]), [2, 4])).rejects.toThrow(/^reshape: /);
    });

    it('results that are no tensors', async () => {
      const message = 'exportOnnx: the function must return a tensor or a record of tensors, synchronously';
      await expect(write(() => ({}))).rejects.toThrow(message);
      await expect(write(async (x) => x)).rejects.toThrow(message);
      await expect(write((x) => [x.shape])).rejects.toThrow(message);
    });

    it('shapes, names and options that make no sense', async () => {
      const same = (x: Tensor) => mul(x, 2);
      await expect(write(same, [-1, 2])).rejects.toThrow(
        'exportOnnx: input "x": a shape is made of non-negative integers and names, got [-1,2]',
      );
      await expect(write(same, ['a', 'b', 'c', 'd', 'e'])).rejects.toThrow(
        'exportOnnx: got 5 named axes (a, b, c, d, e), expected at most 4',
      );
      await expect(write(same, ['n'], { tryLengths: { m: [1, 2, 3] } })).rejects.toThrow(
        'exportOnnx: tryLengths: no axis is called m; there are: n',
      );
      await expect(write(same, ['n'], { tryLengths: { n: [2, 2, 3] } })).rejects.toThrow(
        'exportOnnx: tryLengths: n: expected three different positive integers, got [2,2,3]',
      );
      await expect(write(same, [1], { opset: 12 })).rejects.toThrow(
        'exportOnnx: opset: got 12, expected an integer from 13 to 24',
      );
      await expect(write(same, [1], { externalData: '../weights' })).rejects.toThrow(
        'exportOnnx: externalData: got "../weights", expected a file name next to the model',
      );
      await expect(write((x) => ({ x: mul(x, 2) }), [1])).rejects.toThrow(
        'exportOnnx: inputs and outputs need names of their own, got "x", "x"',
      );
    });

    it("inputs of another function's tracing", async () => {
      let file: Promise<unknown> = Promise.resolve();
      const outer = compile((y: Tensor) => {
        file = write((x) => add(x, y), [1]).catch((error: Error) => error.message);
        return y;
      });
      await outer(tensor([1]));
      expect(await file).toBe(
        'exportOnnx: the function uses Tensor(float32 [1]), an input of another function that is being traced',
      );
    });
  });
});
