import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scan } from '../../control/scan.js';
import {
  abs,
  add,
  bernoulli,
  cast,
  compile,
  exportOnnx,
  grad,
  type ImportedModule,
  type InputType,
  importOnnx,
  matMul,
  mean,
  mul,
  normal,
  randomKey,
  type Shape,
  sub,
  swapAxes,
  type Tensor,
  tanh,
  tensor,
  where,
  zeros,
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

type Weights = ImportedModule['weights'];

/** A model as a function of its weights, so that the new file has the names of the old one. */
const asFunction = (module: ImportedModule) => (weights: Weights, x: Tensor) =>
  module.withWeights(weights).call(x);

const namesOf = (bytes: Uint8Array) => readModel(bytes).graph.initializers.map(({ name }) => name);

describe('files', () => {
  const image = { x: { shape: ['batch', 3, 8, 8] } };
  const tokens = tensor([[3, 1, 4, 1, 5]], 'int32');

  it.each([
    [
      'perceptron',
      () => exportOnnx(callPerceptron, perceptron(), { x: { shape: ['batch', 8] } }),
      drawn(1, [3, 8]),
    ],
    ['convolutions', () => exportOnnx(callConvNet, convNet(), image), drawn(2, [2, 3, 8, 8])],
    [
      'half precision',
      () => exportOnnx(callConvNet, convNet(), image, { weights: { as: 'float16' } }),
      drawn(2, [2, 3, 8, 8]),
    ],
    [
      'bytes',
      () => exportOnnx(callConvNet, convNet(), image, { weights: { as: 'int8' } }),
      drawn(2, [2, 3, 8, 8]),
    ],
    [
      'blocks',
      () =>
        exportOnnx(
          callPerceptron,
          perceptron(),
          { x: { shape: ['batch', 8] } },
          { weights: { as: 'blocks', blockSize: 16 } },
        ),
      drawn(1, [3, 8]),
    ],
    [
      'MatMulNBits',
      () =>
        exportOnnx(
          callPerceptron,
          perceptron(),
          { x: { shape: ['batch', 8] } },
          { weights: { as: 'blocks', blockSize: 16, symmetric: false }, ortOperators: true },
        ),
      drawn(1, [3, 8]),
    ],
    [
      'attention',
      () => exportOnnx(callTransformer, transformer(), { x: { shape: ['batch', 'length'], dtype: 'int32' } }),
      tokens,
    ],
  ] as const)('can be imported again: %s', async (_, write, x) => {
    const { bytes } = await write();
    // Optimized, ONNX Runtime rounds the other side of some products as well.
    const { output } = await runFile(bytes, { x }, { graphOptimizationLevel: 'disabled' });
    const module = await importOnnx(bytes);
    const result = await compile((each: ImportedModule, input: Tensor) => each.call(input))(module, x);
    expect(result.shape).toEqual(output!.shape);
    expect(difference(output!.data, (await result.data()) as Float32Array)).toBeLessThan(1e-5);
  });

  it('can be trained further and written again, with the same names', async () => {
    const first = await exportOnnx(callPerceptron, perceptron(), { x: { shape: ['batch', 8] } });
    const module = await importOnnx(first.bytes);
    const x = drawn(3, [16, 8]);
    const target = mean(mul(x, x), { axis: 1, keepAxes: true });
    const call = asFunction(module);
    const loss = (weights: Weights) => {
      const off = sub(call(weights, x), target);
      return mean(mul(off, off));
    };
    const step = compile((weights: Weights) => {
      const slope = grad(loss)(weights);
      const moved = Object.entries(weights).map(([name, each]) => [name, sub(each, mul(slope[name]!, 0.05))]);
      return { loss: loss(weights), weights: Object.fromEntries(moved) as Weights };
    });
    let weights = module.weights;
    const losses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const { loss: now, weights: moved } = await step(weights);
      losses.push(await now.item());
      weights = moved;
    }
    await step.release();
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    const second = await exportOnnx(call, weights, { x: { shape: ['batch', 8] } });
    expect(namesOf(second.bytes)).toEqual(namesOf(first.bytes));
    const expected = (await (await compile(call)(weights, x)).data()) as Float32Array;
    const { output } = await runFile(second.bytes, { x });
    expect(difference(output!.data, expected)).toBeLessThan(1e-6);
  });

  it.each([
    ['resnet-18', 'batch'],
    ['cnn-17', 'batch'],
    ['vision-21', 'batch'],
    ['lstm-15', 'batch and length'],
    ['transformer-20', 'batch and length'],
  ] as const)('of PyTorch can be written again: %s, for any %s', async (name, _axes) => {
    const bytes = await readFile(new URL(`../import/fixtures/${name}.onnx`, import.meta.url));
    const module = await importOnnx(bytes);
    const inputs = Object.fromEntries(
      module.inputs.map((each): [string, InputType] => [
        each.name,
        { shape: each.shape!.map((length) => length!), dtype: each.dtype },
      ]),
    );
    const fn = (weights: Weights, ...given: Tensor[]) => module.withWeights(weights).run(given).outputs;
    // The transformer has 32 positions.
    const tryLengths = name === 'transformer-20' ? { t: [19, 29, 31] as const } : {};
    const again = await exportOnnx(fn, module.weights, inputs, { tryLengths });
    expect(namesOf(again.bytes)).toEqual(expect.arrayContaining(Object.keys(module.weights)));
    for (const [batch, length] of [
      [1, 3],
      [2, 5],
    ]) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([input, { shape, dtype }]) => {
          const known = shape.map((each) =>
            typeof each === 'number' ? each : each === 'n' ? batch! : length!,
          );
          return [input, dtype === 'float32' ? drawn(7, known) : cast(abs(mul(drawn(7, known), 3)), dtype!)];
        }),
      );
      const [before, after] = [await runFile(bytes, feeds), await runFile(again.bytes, feeds)];
      for (const [output, { data, shape }] of Object.entries(before)) {
        expect(after[output]!.shape).toEqual(shape);
        expect(difference(after[output]!.data, data)).toBeLessThan(1e-6);
      }
    }
  });

  it('hold random numbers, the same for the same key', async () => {
    const dropped = (scale: Tensor, key: Tensor, x: Tensor) =>
      where(bernoulli(key, 0.5, [4, 5]), mul(x, scale), normal(key, [4, 5]));
    const types = { key: { shape: [2], dtype: 'uint32' }, x: { shape: [4, 5] } } as const;
    const module = await importOnnx((await exportOnnx(dropped, tensor(2), types)).bytes);
    const [key, x] = [randomKey(3), drawn(4, [4, 5])];
    expect(await module.call(key, x).toArray()).toEqual(await dropped(tensor(2), key, x).toArray());
  });

  it('hold loops over sequences of all lengths', async () => {
    interface Cell {
      readonly input: Tensor;
      readonly state: Tensor;
    }
    const call = ({ input, state }: Cell, x: Tensor): Tensor => {
      const start = zeros([x.length(0), 4]);
      const step = (before: Tensor, each: Tensor): [Tensor, Tensor] => {
        const after = tanh(add(matMul(each, input), matMul(before, state)));
        return [after, after];
      };
      return swapAxes(scan(step, start, swapAxes(x, 0, 1))[1], 0, 1);
    };
    const cell = { input: drawn(4, [3, 4]), state: drawn(5, [4, 4]) };
    for (const weights of [undefined, { as: 'int8' }, { as: 'float16' }] as const) {
      const { bytes } = await exportOnnx(
        call,
        cell,
        { x: { shape: ['batch', 'length', 3] } },
        { ...(weights && { weights }) },
      );
      expect(readModel(bytes).graph.outputs[0]!.shape).toEqual(['batch', 'length', 4]);
      for (const shape of [
        [1, 1, 3],
        [2, 7, 3],
      ] as Shape[]) {
        const x = drawn(6, shape);
        const { output } = await runFile(bytes, { x });
        const expected = await compile(call)(cell, x);
        expect(output!.shape).toEqual(expected.shape);
        const error = difference(output!.data, (await expected.data()) as Float32Array);
        expect(error).toBeLessThan(weights ? 0.02 : 1e-6);
      }
    }
  });
});
