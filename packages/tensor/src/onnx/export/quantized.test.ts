import { describe, expect, it } from 'vitest';
import {
  add,
  calibrate,
  compile,
  exportOnnx,
  fakeQuantize,
  grad,
  matMul,
  max,
  mean,
  min,
  mul,
  type Quantization,
  quantizationOf,
  relu,
  sub,
  type Tensor,
  tensor,
} from '../../index.js';
import { readModel } from '../import/reader.js';
import { difference, drawn, runFile } from './testing.js';

interface Net {
  readonly first: { readonly weight: Tensor; readonly quantization: Quantization };
  readonly activation: Quantization;
  readonly second: { readonly weight: Tensor; readonly quantization: Quantization };
}

const callNet = ({ first, activation, second }: Net, x: Tensor): Tensor => {
  const hidden = relu(matMul(x, fakeQuantize(first.weight, first.quantization)));
  return matMul(fakeQuantize(hidden, activation), fakeQuantize(second.weight, second.quantization));
};

const perChannel = (weight: Tensor, bits: number): Quantization =>
  quantizationOf(
    { low: min(weight, { axis: 0 }), high: max(weight, { axis: 0 }), axis: 1 },
    { bits, symmetric: true },
  );

async function quantizedNet(bits: number): Promise<Net> {
  const [one, two] = [drawn(1, [6, 10], 0.5), drawn(2, [10, 4], 0.5)];
  const batches = [drawn(3, [8, 6]), drawn(4, [8, 6])];
  const { hidden } = await calibrate((x: Tensor) => ({ hidden: relu(matMul(x, one)) }), batches, {
    signed: false,
  });
  return {
    first: { weight: one, quantization: perChannel(one, bits) },
    activation: hidden,
    second: { weight: two, quantization: perChannel(two, bits) },
  };
}

const sizes = { x: { shape: ['batch', 6] } };
const typesOf = (bytes: Uint8Array) =>
  Object.fromEntries(readModel(bytes).graph.initializers.map(({ name, type }) => [name, type]));

describe('files of models that were trained as if quantized', () => {
  it.each([
    [8, 'int8', 13],
    [8, 'int8', 21],
    [4, 'int4', 21],
    [16, 'int16', 21],
  ] as const)('quantize with %i bits by ONNX’s operators: %s, opset %i', async (bits, type, opset) => {
    const net = await quantizedNet(bits);
    const { bytes } = await exportOnnx(callNet, net, sizes, { opset });
    expect(typesOf(bytes)).toEqual({
      [`first.weight.${type}`]: type,
      'first.quantization.scale': 'float32',
      [`first.quantization.zeroPoint.${type}`]: type,
      'activation.scale': 'float32',
      'activation.zeroPoint.uint8': 'uint8',
      [`second.weight.${type}`]: type,
      'second.quantization.scale': 'float32',
      [`second.quantization.zeroPoint.${type}`]: type,
    });
    expect(readModel(bytes).graph.nodes.map((node) => node.type)).toEqual([
      'DequantizeLinear',
      'MatMul',
      'Relu',
      'QuantizeLinear',
      'DequantizeLinear',
      'DequantizeLinear',
      'MatMul',
    ]);
    const x = drawn(5, [3, 6]);
    const expected = (await (await compile(callNet)(net, x)).data()) as Float32Array;
    const plain = await runFile(bytes, { x }, { graphOptimizationLevel: 'disabled' });
    expect(difference(plain.output!.data, expected)).toBeLessThan(1e-6);
    // With integers throughout, sums are rounded to other levels here and there.
    const fused = await runFile(bytes, { x });
    expect(difference(fused.output!.data, expected)).toBeLessThan(0.02);
  });

  it('quantize with other numbers of bits by arithmetic', async () => {
    const net = await quantizedNet(5);
    const { bytes } = await exportOnnx(callNet, net, sizes);
    expect(typesOf(bytes)).toMatchObject({
      'first.weight': 'float32',
      'activation.zeroPoint.uint8': 'uint8',
    });
    const x = drawn(5, [3, 6]);
    const expected = (await (await compile(callNet)(net, x)).data()) as Float32Array;
    const { output } = await runFile(bytes, { x }, { graphOptimizationLevel: 'disabled' });
    expect(difference(output!.data, expected)).toBeLessThan(1e-6);
  });

  it('are still quantized when the rest is computed ahead', async () => {
    const net = await quantizedNet(8);
    const doubled = (each: Net, x: Tensor) =>
      callNet({ ...each, first: { ...each.first, weight: mul(each.first.weight, 2) } }, x);
    const { bytes } = await exportOnnx(doubled, net, sizes, { fold: true });
    expect(typesOf(bytes)).toMatchObject({ 'first.weight/mul.int8': 'int8' });
    expect(readModel(bytes).graph.nodes.map((node) => node.type)).not.toContain('Mul');
  });

  it('take one scale for all places of an axis, and quantizations made on the way', async () => {
    const fn = (weight: Tensor, x: Tensor) => {
      const fixed = fakeQuantize(weight, { scale: 0.05, zeroPoint: -3, axis: 1 });
      const made = fakeQuantize(x, quantizationOf({ low: min(x), high: max(x) }));
      return matMul(made, fixed);
    };
    const weight = drawn(6, [6, 4]);
    const { bytes } = await exportOnnx(fn, weight, sizes);
    const x = drawn(7, [5, 6]);
    const expected = (await (await compile(fn)(weight, x)).data()) as Float32Array;
    const { output } = await runFile(bytes, { x }, { graphOptimizationLevel: 'disabled' });
    expect(difference(output!.data, expected)).toBeLessThan(1e-6);
  });

  it('refuse 4 bits before opset 21', async () => {
    const file = exportOnnx(callNet, await quantizedNet(4), sizes, { opset: 20 });
    await expect(file).rejects.toThrow(
      'exportOnnx: opset 20 does not have DequantizeLinear in "first/fakeQuantize" (opset 21)',
    );
  });

  it('compute what training ended with', async () => {
    const x = drawn(8, [32, 6]);
    const target = mean(mul(x, x), { axis: 1, keepAxes: true });
    type Weights = { first: Tensor; second: Tensor; bias: Tensor };
    const call = (each: Weights, input: Tensor) => {
      const scale = 1 / 32;
      const hidden = relu(matMul(input, fakeQuantize(each.first, { scale })));
      return add(
        matMul(fakeQuantize(hidden, { scale: 1 / 16, signed: false }), fakeQuantize(each.second, { scale })),
        each.bias,
      );
    };
    const loss = (each: Weights) => {
      const off = sub(call(each, x), target);
      return mean(mul(off, off));
    };
    const step = compile((each: Weights) => {
      const slope = grad(loss)(each);
      const moved = (name: keyof Weights) => sub(each[name], mul(slope[name], 0.1));
      return { loss: loss(each), first: moved('first'), second: moved('second'), bias: moved('bias') };
    });
    let weights: Weights = {
      first: drawn(9, [6, 16], 0.5),
      second: drawn(10, [16, 1], 0.5),
      bias: tensor([0]),
    };
    const losses: number[] = [];
    for (let i = 0; i < 60; i++) {
      const { loss: now, ...moved } = await step(weights);
      losses.push(await now.item());
      weights = moved;
    }
    await step.release();
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 3);
    const { bytes } = await exportOnnx(call, weights, sizes);
    expect(typesOf(bytes)).toMatchObject({ 'first.int8': 'int8', 'second.int8': 'int8' });
    const expected = (await (await compile(call)(weights, x)).data()) as Float32Array;
    const { output } = await runFile(bytes, { x }, { graphOptimizationLevel: 'disabled' });
    expect(difference(output!.data, expected)).toBeLessThan(1e-6);
  });
});
