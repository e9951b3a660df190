import '../../fluent.js';
import { describe, expect, it } from 'vitest';
import { grad, valueAndGrad } from '../../autodiff/transforms.js';
import type { DType } from '../../graph/dtype.js';
import { ShapeError } from '../../graph/errors.js';
import type { Tensor } from '../../graph/tensor.js';
import { leavesOf, mapTree } from '../../graph/tree.js';
import { sum } from '../../ops/broadcast.js';
import { tensor } from '../../ops/create.js';
import { cast, equal, mul, sub } from '../../ops/elementwise.js';
import { randomKey } from '../../ops/random.js';
import { mean } from '../../ops/reduce.js';
import { compile } from '../../runtime/compile.js';
import { read } from '../../runtime/evaluate.js';
import { encodeModel } from '../model.js';
import { exampleInputs, exampleNumbers, fixtureBytes, importFixture } from './fixtures.js';
import { type ImportedModule, importOnnx, type TrainingOptions } from './index.js';

const numbersOf = async (value: Tensor): Promise<number[]> =>
  Array.from((await read(value)).data as Float32Array, Number);

/** Mean square of the outputs' distance from fixed numbers. */
function lossOf(model: ImportedModule, inputs: Record<string, Tensor>): Tensor {
  const [output] = Object.values(model.run(inputs).outputs) as [Tensor];
  const target = tensor(exampleNumbers(output.size, 99), { shape: output.shape });
  const distance = sub(output, target);
  return mean(mul(distance, distance));
}

/** Files whose parameters are all reached by derivatives. */
const trained = [
  'cnn-11',
  'cnn-17',
  'resnet-13',
  'resnet-18',
  'transformer-14',
  'transformer-23',
  'lstm-15',
  'gru-13',
];

describe('an imported module', () => {
  it('has parameters and buffers by the names of the file', async () => {
    const model = await importFixture('cnn-17');
    expect(Object.keys(model.parameters)).toEqual([
      'features.0.weight',
      'features.0.bias',
      'features.1.weight',
      'features.1.bias',
      'features.4.weight',
      'features.5.weight',
      'features.5.bias',
      'classifier.weight',
      'classifier.bias',
    ]);
    expect([...model.buffers.keys()]).toEqual([
      'features.1.running_mean',
      'features.1.running_var',
      'features.5.running_mean',
      'features.5.running_var',
    ]);
    expect(model.inputs).toEqual([{ name: 'x', dtype: 'float32', shape: ['n', 1, 12, 12] }]);
    expect(model.outputs).toEqual([{ name: 'y', dtype: 'float32', shape: ['n', 5] }]);
    expect(leavesOf(model)).toEqual(Object.values(model.parameters));
  });

  it('trains weights that nodes bring along, but no settings, and leaves open what has no name', async () => {
    const model = await importFixture('paddle-13');
    expect(Object.keys(model.parameters)).toEqual(['conv.w', 'conv.b']);
    expect(model.inputs).toEqual([
      { name: 'x', dtype: 'float32', shape: [undefined, 3, undefined, undefined] },
    ]);
    const x = tensor(exampleNumbers(3 * 4 * 5, 1), { shape: [1, 3, 4, 5] });
    expect(model.call(x).shape).toEqual([1, 4, 8, 10]);
    const slope = grad((each: ImportedModule) => sum(each.call(x)))(model).parameters['conv.b']!;
    expect(slope.shape).toEqual([4]);
    const chosen = await importOnnx(fixtureBytes('paddle-13'), {
      trainable: ({ name }) => name === 'conv.w',
    });
    expect([Object.keys(chosen.parameters), [...chosen.buffers.keys()]]).toEqual([['conv.w'], ['conv.b']]);
    expect(chosen.call(x).shape).toEqual([1, 4, 8, 10]);
  });

  it('takes fixed inputs as known, so that shapes may depend on them', async () => {
    const value = (name: string, dtype: DType, shape: number[]) => ({ name, dtype, shape });
    const bytes = encodeModel({
      nodes: [{ name: 'r', type: 'Reshape', domain: '', inputs: ['x', 's'], outputs: ['y'], attributes: {} }],
      constants: [],
      inputs: [value('x', 'float32', [2, 3]), value('s', 'int64', [2])],
      outputs: [value('y', 'float32', [3, 2])],
    });
    const s = tensor([3, 2], 'int64');
    const model = await importOnnx(bytes, { fixed: { s } });
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    const reshaped = compile((x: Tensor) => model.call(x));
    expect(
      await (
        await reshaped(
          tensor([
            [1, 2, 3],
            [4, 5, 6],
          ]),
        )
      ).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const refused = (fixed: Record<string, Tensor>) => expect(importOnnx(bytes, { fixed })).rejects;
    await refused({ t: s }).toThrow('importOnnx: fixed: the model has no input "t"; it takes x, s');
    await refused({ s: tensor([3, 2]) }).toThrow('importOnnx: fixed: "s": expected int64, got float32');
    await refused({ s: tensor([3], 'int64') }).toThrow('importOnnx: fixed: "s": expected [2], got [1]');
    await refused({ s: s.add(0) }).toThrow('importOnnx: fixed: "s" has no elements yet; evaluate it before');
  });

  it('tells its operators in the order in which they run', async () => {
    const { operators } = await importFixture('cnn-17');
    expect(operators.slice(0, 3)).toEqual(['Conv', 'BatchNormalization', 'Relu']);
    expect((await importFixture('microsoft-17')).operators).toContain('com.microsoft.FusedMatMul');
  });

  it('runs compiled at several lengths', async () => {
    const model = await importFixture('transformer-20');
    const call = compile((at: ImportedModule, tokens: Tensor) => at.call(tokens));
    for (const t of [1, 4, 9]) {
      const { tokens } = exampleInputs(model, { s34: 3, s66: t, n: 3, t }) as { tokens: Tensor };
      expect((await call(model, tokens)).shape).toEqual([3, t, 11]);
    }
    expect(call.traceCount).toBe(3);
    await call.release();
  });

  for (const name of trained) {
    it(`${name}: derivatives by parameters are those of finite differences`, async () => {
      const model = await importFixture(name);
      const inputs = exampleInputs(model, { n: 2, t: 3 });
      const both = compile((at: ImportedModule) =>
        valueAndGrad((m: ImportedModule) => lossOf(m, inputs))(at),
      );
      const loss = compile((at: ImportedModule) => lossOf(at, inputs));
      const [, slope] = await both(model);
      // Along the gradient itself, the loss grows by the square of its length.
      const length = await sum(
        Object.values(slope.parameters)
          .map((each) => sum(mul(each, each)))
          .reduce((a, b) => a.add(b)),
      ).item();
      expect(length).toBeGreaterThan(1e-4);
      const step = 1e-3 / Math.sqrt(length);
      const moved = async (by: number) =>
        (await loss(mapTree((leaf, way) => leaf.add(mul(way as Tensor, by)), model, slope))).item();
      const difference = ((await moved(step)) - (await moved(-step))) / (2 * step);
      expect(Math.abs(difference / length - 1)).toBeLessThan(0.02);
      for (const [key, each] of Object.entries(slope.parameters)) {
        expect([key, (await numbersOf(each)).every(Number.isFinite)]).toEqual([key, true]);
      }
      await Promise.all([both.release(), loss.release()]);
    });

    it(`${name}: a few steps of descent lower the loss`, async () => {
      let model = await importFixture(name);
      const inputs = exampleInputs(model, { n: 2, t: 3 });
      const step = compile((at: ImportedModule) => {
        const [value, slope] = valueAndGrad((m: ImportedModule) => lossOf(m, inputs))(at);
        return { value, next: mapTree((leaf, way) => sub(leaf, mul(way as Tensor, 0.02)), at, slope) };
      });
      const losses: number[] = [];
      for (let n = 0; n < 6; n++) {
        const { value, next } = await step(model);
        losses.push(await value.item());
        model = next;
      }
      expect(step.traceCount).toBe(1);
      for (let n = 1; n < 6; n++) expect(losses[n]).toBeLessThan(losses[n - 1]!);
      await step.release();
    });
  }

  it('normalizes by the batch in training, and gives back moved statistics', async () => {
    const model = await importFixture('cnn-17');
    const inputs = exampleInputs(model, { n: 4 });
    const { outputs, buffers } = model.run(inputs, { training: {} });
    const name = 'features.1.running_mean';
    const [before, after] = [await numbersOf(model.buffers.get(name)!), await numbersOf(buffers[name]!)];
    expect(after).not.toEqual(before);
    expect(await numbersOf(outputs.y!)).not.toEqual(await numbersOf(model.run(inputs).outputs.y!));
    // Running statistics converge to those of the batch, which then give nearly the same in inference.
    let current = buffers;
    for (let n = 0; n < 100; n++) {
      const next = model.run(inputs, { training: {}, buffers: current }).buffers;
      current = Object.fromEntries(
        await Promise.all(
          Object.entries(next).map(async ([key, value]) => [key, tensor(await numbersOf(value))] as const),
        ),
      );
    }
    const settled = await numbersOf(model.withWeights(current).call(inputs.x!));
    const training = await numbersOf(outputs.y!);
    for (const [i, value] of settled.entries()) expect(Math.abs(value - training[i]!)).toBeLessThan(0.05);
  });

  it('drops at random in training with a key, the same for the same key', async () => {
    const model = await importFixture('softmax-11');
    const { x } = exampleInputs(model, { n: 8 });
    const { name } = model.outputs[4]!;
    const drawn = async (training?: TrainingOptions) =>
      numbersOf(model.run([x!], training ? { training } : {}).outputs[name]!);
    const [one, again] = [await drawn({ key: randomKey(1) }), await drawn({ key: randomKey(1) })];
    const input = await numbersOf(x!);
    expect(one).toEqual(again);
    expect(await drawn({ key: randomKey(2) })).not.toEqual(one);
    // Half of them, and the rest twice as large.
    expect(new Set(one.map((number, i) => number / input[i]!))).toEqual(new Set([0, 2]));
    expect(await drawn({})).toEqual(input);
    expect(await drawn()).toEqual(input);
  });

  it('lets derivatives through quantization as if nothing had been rounded', async () => {
    const model = await importFixture('quantized-21');
    const x = exampleInputs(model, { n: 1 }).x!;
    // Where 0.02 · (-128 … 127) does not clip.
    const name = model.outputs[1]!.name;
    const slope = grad((at: Tensor) => sum(model.run([at]).outputs[name]!))(x);
    const inside = (await numbersOf(x)).map((number) => Number(Math.abs(number) < 2.54));
    expect(inside).toContain(1);
    expect(await numbersOf(slope)).toEqual(inside);
  });

  it('can be told what is trained', async () => {
    const model = await importOnnx(fixtureBytes('cnn-17'), {
      trainable: ({ name }) => (name.startsWith('features') ? false : undefined),
    });
    expect(Object.keys(model.parameters)).toEqual(['classifier.weight', 'classifier.bias']);
    const inputs = exampleInputs(model, { n: 2 });
    const whole = await importFixture('cnn-17');
    const same = equal(model.call(inputs.x!), whole.call(inputs.x!));
    expect(await numbersOf(cast(same, 'float32'))).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('refuses inputs that do not fit', async () => {
    const model = await importFixture('cnn-17');
    const image = tensor(new Float32Array(2 * 144), { shape: [2, 1, 12, 12] });
    expect(() => model.call()).toThrow(new ShapeError('inputs: the model takes 1 (x), got 0 ()'));
    expect(() => model.run({ z: image })).toThrow('inputs: the model takes 1 (x), got 1 (z)');
    expect(() => model.call(tensor([1]))).toThrow(
      new ShapeError('input "x": expected [n, 1, 12, 12], got [1]'),
    );
    expect(() => model.call(cast(image, 'int32'))).toThrow('input "x": expected float32, got int32');
    expect(() => model.run([image], { buffers: { nothing: image } })).toThrow(
      'buffers: the model has no such weight: "nothing"',
    );
    const movement = await importFixture('movement-18');
    expect(() => movement.call(tensor(new Float32Array(24), { shape: [1, 4, 6] }))).toThrow(
      /the model has \d+ outputs/,
    );
  });
});
