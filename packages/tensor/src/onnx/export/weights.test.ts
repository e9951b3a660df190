import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  add,
  compile,
  exportOnnx,
  matMul,
  mul,
  normal,
  randomKey,
  type Tensor,
  tensor,
  type WeightFormat,
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

const x = drawn(40, [5, 8]);
const expected = async () => (await (await compile(callPerceptron)(perceptron(), x)).data()) as Float32Array;

const written = (weights: WeightFormat, ortOperators = false) =>
  exportOnnx(callPerceptron, perceptron(), { x: { shape: ['batch', 8] } }, { weights, ortOperators });

/** The element types of the stored tensors by name. */
function storedTypes(bytes: Uint8Array): Record<string, string> {
  const { graph } = readModel(bytes);
  return Object.fromEntries(graph.initializers.map(({ name, type }) => [name, type]));
}

describe('weights of files', () => {
  it('can be float16', async () => {
    const { bytes } = await written({ as: 'float16' });
    expect(storedTypes(bytes)).toMatchObject({
      'layers.0.weight': 'float16',
      'layers.0.bias': 'float16',
      'layers.1.weight': 'float16',
    });
    const { output } = await runFile(bytes, { x });
    const error = difference(output!.data, await expected());
    expect(error).toBeLessThan(1e-2);
    expect(error).toBeGreaterThan(1e-6);
  });

  it('can be bytes with a scale for each channel, at most half a scale off', async () => {
    const weight = normal(randomKey(3), [8, 6]);
    const fn = ({ weight }: { weight: Tensor }, x: Tensor) => matMul(x, weight);
    const identity = tensor(
      Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => Number(i === j))),
    );
    const { bytes } = await exportOnnx(fn, { weight }, { x: { shape: [8, 8] } }, { weights: { as: 'int8' } });
    expect(storedTypes(bytes)).toEqual({
      weight: 'int8',
      'weight.scale': 'float32',
      'weight.zeroPoint': 'int8',
    });
    const numbers = (await weight.data()) as Float32Array;
    const { output } = await runFile(bytes, { x: identity });
    for (let column = 0; column < 6; column++) {
      const of = (data: ArrayLike<number>) => Array.from({ length: 8 }, (_, row) => data[row * 6 + column]!);
      const scale = Math.max(...of(numbers).map(Math.abs)) / 127;
      of(output!.data).forEach((number, row) => {
        expect(Math.abs(number - of(numbers)[row]!)).toBeLessThanOrEqual(scale * 0.5001);
      });
    }
  });

  it('have their channels where the operators have them', async () => {
    const { bytes } = await exportOnnx(
      callConvNet,
      convNet(),
      { image: { shape: [1, 3, 8, 8] } },
      { weights: { as: 'int8' } },
    );
    const shapes = Object.fromEntries(
      readModel(bytes).graph.initializers.map(({ name, shape }) => [name, shape]),
    );
    expect(shapes).toMatchObject({ 'conv.weight.scale': [8], 'head.weight.scale': [5] });
    const image = drawn(41, [1, 3, 8, 8]);
    const exact = await (await compile(callConvNet)(convNet(), image)).data();
    const { output } = await runFile(bytes, { image });
    expect(difference(output!.data, exact as Float32Array)).toBeLessThan(0.02);
    const whole = await exportOnnx(
      callConvNet,
      convNet(),
      { image: { shape: [1, 3, 8, 8] } },
      { weights: { as: 'int8', perChannel: false } },
    );
    const coarse = await runFile(whole.bytes, { image });
    expect(difference(coarse.output!.data, exact as Float32Array)).toBeLessThan(0.05);
  });

  describe.each([
    ['MatMulNBits', true],
    ['DequantizeLinear', false],
  ] as const)('in blocks for %s', (type, ortOperators) => {
    const [rows, columns] = [70, 24];
    const weight = normal(randomKey(4), [rows, columns]);
    const turned = normal(randomKey(5), [columns, rows]);
    const identity = tensor(
      Array.from({ length: rows }, (_, i) => Array.from({ length: rows }, (_, j) => Number(i === j))),
    );
    const fn = (model: { weight: Tensor; turned: Tensor }, x: Tensor) => ({
      straight: matMul(x, model.weight),
      transposed: matMul(x, model.turned, { transposeB: true }),
    });

    /** The largest error of each number, in steps of its block. */
    async function stepsOff(
      data: readonly number[],
      bits: number,
      blockSize: number,
      symmetric: boolean,
      at: (row: number, column: number) => number,
    ) {
      let worst = 0;
      for (let column = 0; column < columns; column++) {
        for (let from = 0; from < rows; from += blockSize) {
          const block = Array.from({ length: Math.min(blockSize, rows - from) }, (_, i) =>
            at(from + i, column),
          );
          const step = symmetric
            ? Math.max(...block.map(Math.abs)) / (2 ** (bits - 1) - 1)
            : (Math.max(0, ...block) - Math.min(0, ...block)) / (2 ** bits - 1);
          block.forEach((number, i) => {
            worst = Math.max(worst, Math.abs(data[(from + i) * columns + column]! - number) / step);
          });
        }
      }
      return worst;
    }

    const formats = [2, 4, 8].flatMap((bits) =>
      [true, false].flatMap((symmetric) =>
        [16, 32, 128].map((blockSize) => ({ bits, symmetric, blockSize })),
      ),
    ) as { bits: 2 | 4 | 8; symmetric: boolean; blockSize: number }[];

    it.each(formats.filter(({ bits }) => ortOperators || bits > 2))(
      'are at most half a step off: %o',
      async (format) => {
        const weights = { as: 'blocks', ...format } as const;
        const { bytes } = await exportOnnx(
          fn,
          { weight, turned },
          { x: { shape: [rows, rows] } },
          { weights, ortOperators },
        );
        expect(readModel(bytes).graph.nodes.map((node) => node.type)).toContain(type);
        const { straight, transposed } = await runFile(bytes, { x: identity });
        const [first, second] = [await weight.data(), await turned.data()] as [Float32Array, Float32Array];
        const { bits, blockSize, symmetric } = format;
        // Zero points are rounded as well, and products are sums in float32.
        const most = symmetric ? 0.501 : 1.001;
        const one = await stepsOff(
          straight!.data,
          bits,
          blockSize,
          symmetric,
          (r, c) => first[r * columns + c]!,
        );
        expect(one).toBeLessThan(most);
        const two = await stepsOff(
          transposed!.data,
          bits,
          blockSize,
          symmetric,
          (r, c) => second[c * rows + r]!,
        );
        expect(two).toBeLessThan(most);
      },
    );
  });

  it('are chosen one by one', async () => {
    const { bytes } = await exportOnnx(
      callTransformer,
      transformer(),
      { tokens: { shape: ['batch', 'length'], dtype: 'int32' } },
      {
        ortOperators: true,
        weights({ name, shape }) {
          if (name === 'embedding') return { as: 'float16' };
          return shape.length === 2 ? { as: 'blocks', blockSize: 16 } : undefined;
        },
      },
    );
    expect(storedTypes(bytes)).toMatchObject({
      embedding: 'float16',
      'attention.qkv.weight': 'uint8',
      'attention.qkv.bias': 'float32',
      'norm.scale': 'float32',
    });
    const tokens = tensor([[1, 2, 3]], 'int32');
    const exact = await (await compile(callTransformer)(transformer(), tokens)).data();
    const { output } = await runFile(bytes, { tokens });
    expect(difference(output!.data, exact as Float32Array)).toBeLessThan(0.2);
  });

  it('are those of the model unless others are chosen', async () => {
    const fn = (weight: Tensor, each: Tensor) =>
      matMul(add(mul(each, tensor(Float32Array.of(each.length(0)))), mask), weight);
    const mask = drawn(6, [1, 8]);
    const sizes = { x: { shape: ['batch', 8] } };
    const plain = await exportOnnx(fn, drawn(7, [8, 2]), sizes, { weights: { as: 'int8' } });
    expect(storedTypes(plain.bytes)).toMatchObject({ weight: 'int8', 'captured.1': 'float32' });
    const all = await exportOnnx(fn, drawn(7, [8, 2]), sizes, {
      weights: ({ captured }) => (captured ? { as: 'float16' } : undefined),
    });
    expect(storedTypes(all.bytes)).toMatchObject({ weight: 'float32', 'captured.1': 'float16' });
    const { output } = await runFile(all.bytes, { x });
    const exact = await (await compile(fn)(drawn(7, [8, 2]), x)).data();
    expect(difference(output!.data, exact as Float32Array)).toBeLessThan(1e-2);
  });

  it('refuse formats that do not suit them', async () => {
    const only = (name: string, format: WeightFormat) =>
      exportOnnx(
        callConvNet,
        convNet(),
        { image: { shape: [1, 3, 8, 8] } },
        { weights: (weight) => (weight.name === name ? format : undefined) },
      );
    await expect(only('conv.weight', { as: 'blocks' })).rejects.toThrow(
      'exportOnnx: conv.weight cannot be stored as blocks: it is not only the right side of matrix products',
    );
    await expect(only('head.bias', { as: 'int8' })).rejects.toThrow(
      'exportOnnx: head.bias cannot be stored as int8: [5] has fewer than two axes',
    );
    await expect(only('head.weight', { as: 'blocks', bits: 2 })).rejects.toThrow('2 bits need ortOperators');
    await expect(only('head.weight', { as: 'blocks', blockSize: 24 })).rejects.toThrow(
      'exportOnnx: blockSize: got 24, expected a power of 2 from 16 to 256',
    );
    const integers = exportOnnx((w: Tensor) => w, tensor([1], 'int32'), {}, { weights: { as: 'float16' } });
    await expect(integers).rejects.toThrow('exportOnnx: none of the 1 weights can be stored as float16');
  });

  it('need a second file above 2 GB', async () => {
    const weight = tensor(new Float32Array(2 ** 29), { shape: [2 ** 15, 2 ** 14] });
    await expect(exportOnnx((w: Tensor) => w, weight, {})).rejects.toThrow(
      'exportOnnx: the weights have 2147483648 bytes, and one file holds at most 2147483647; name a second one with externalData',
    );
  });

  it('can lie in a second file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'export-'));
    try {
      const { bytes, externalData } = await exportOnnx(
        callPerceptron,
        perceptron(),
        { x: { shape: ['batch', 8] } },
        { externalData: 'net.data' },
      );
      await writeFile(join(folder, 'net.onnx'), bytes);
      await writeFile(join(folder, externalData!.location), externalData!.bytes);
      const places = Object.fromEntries(
        readModel(bytes).graph.initializers.map(({ name, data }) => [
          name,
          data instanceof Uint8Array ? 'inside' : data,
        ]),
      );
      expect(places).toMatchObject({
        'layers.0.weight': { location: 'net.data', offset: 0, length: 2048 },
        'layers.0.bias': 'inside',
      });
      expect(externalData!.bytes.length).toBe(2048);
      const { output } = await runFile(join(folder, 'net.onnx'), { x });
      expect(difference(output!.data, await expected())).toBeLessThan(1e-6);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
