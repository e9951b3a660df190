import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../graph/tensor.js';
import { tensor } from '../../ops/create.js';
import { evaluate } from '../../runtime/evaluate.js';
import { exportOnnx } from '../../runtime/exportOnnx.js';
import { encodeModel, type OnnxModel, type OnnxNode } from '../model.js';
import { exampleInputs, fixtureBytes, importFixture } from './fixtures.js';
import { importOnnx, OnnxError } from './index.js';

const node = (type: string, inputs: string[], more: Partial<OnnxNode> = {}): OnnxNode => ({
  name: `my${type}`,
  type,
  domain: '',
  inputs,
  outputs: ['y'],
  attributes: {},
  ...more,
});

/** A model that takes x [2, 3] and gives y. */
const modelOf = (nodes: readonly OnnxNode[], more: Partial<OnnxModel> = {}): Uint8Array =>
  encodeModel({
    nodes,
    constants: [],
    inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [2, 3] }],
    ...more,
  });

const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

const refusal = async (nodes: readonly OnnxNode[], more?: Partial<OnnxModel>): Promise<string> => {
  try {
    (await importOnnx(modelOf(nodes, more))).call(x);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'nothing';
};

const shape = { name: 's', dtype: 'int64', shape: [2], data: new BigInt64Array([4n, 2n]) } as const;

describe('importOnnx refuses', () => {
  it('operators that it does not know, all at once', async () => {
    const nodes = [
      node('NonMaxSuppression', ['x', 'x'], { outputs: ['a'] }),
      node('Relu', ['x'], { domain: 'com.example', outputs: ['b'] }),
      ...Array.from({ length: 7 }, (_, i) =>
        node('StringNormalizer', ['x'], { name: `s${i}`, outputs: [`s${i}`] }),
      ),
    ];
    await expect(importOnnx(modelOf(nodes))).rejects.toThrow(
      new OnnxError(
        'model: operators are not supported (opset 21): NonMaxSuppression ("myNonMaxSuppression"); com.example.Relu ("myRelu"); StringNormalizer ("s0", "s1", "s2", "s3", "s4" and 2 more)',
      ),
    );
  });

  it('what nodes cannot do, naming them', async () => {
    expect(await refusal([node('Relu', ['z'])])).toBe(
      'OnnxError: node "myRelu" (Relu): nothing before it gives "z"',
    );
    expect(await refusal([node('Relu', [])])).toBe('OnnxError: node "myRelu" (Relu): input 0 is missing');
    expect(await refusal([node('Relu', ['x'], { outputs: ['z'] })])).toBe(
      'OnnxError: output "y": no node gives it',
    );
    expect(await refusal([node('Reshape', ['x', 's'])], { constants: [shape] })).toBe(
      'ShapeError: node "myReshape" (Reshape): reshape: [2, 3] has 6 elements, [4, 2] has 8',
    );
    expect(await refusal([node('MatMul', ['x', 'x'])])).toBe(
      'ShapeError: node "myMatMul" (MatMul): matMul: inner dimensions differ: [2, 3] · [2, 3]',
    );
    expect(await refusal([node('Sqrt', ['s'])], { constants: [{ ...shape, shape: [2] }], outputs: [] })).toBe(
      'OnnxError: call: the model has 0 outputs (); use run() instead',
    );
    const strange = { attributes: { mode: { string: 'wild' } } };
    expect(await refusal([node('Pad', ['x', 's'], strange)], { constants: [shape] })).toBe(
      'OnnxError: node "myPad" (Pad): attribute "mode": "wild" is not supported; expected constant, edge, reflect, wrap',
    );
    const axis = { attributes: { axis: { float: 1 } } };
    expect(await refusal([node('Softmax', ['x'], axis)])).toBe(
      'OnnxError: node "mySoftmax" (Softmax): attribute "axis": expected int, got float',
    );
  });

  it('shapes that depend on elements of inputs', async () => {
    const nodes = [
      node('Cast', ['x'], { outputs: ['i'], attributes: { to: { int: 7 } } }),
      node('Reshape', ['x', 'i']),
    ];
    expect(await refusal(nodes)).toBe(
      'OnnxError: node "myReshape" (Reshape): shape (input 1) must be known before the model runs, but it depends on the elements of inputs or weights',
    );
  });

  it('other versions, names that stand twice, and names that are none', async () => {
    const bytes = modelOf([node('Relu', ['x'])], { opset: 99 });
    await expect(importOnnx(bytes)).rejects.toThrow('model: opset 99 is not supported; expected 11 to 26');
    expect(await refusal([node('Relu', ['x'])], { constants: [shape, shape] })).toBe(
      'OnnxError: graph: there are two tensors "s"',
    );
    expect(await refusal([node('Relu', ['x'])], { constants: [{ ...shape, name: '__proto__' }] })).toBe(
      'OnnxError: graph: tensor "__proto__": not a name',
    );
  });

  it('files outside the folder of the model, and those that are not there', async () => {
    const weights = new Float32Array(6);
    const at = (location: string) =>
      encodeModel(
        {
          nodes: [node('Add', ['x', 'w'])],
          constants: [{ name: 'w', dtype: 'float32', shape: [2, 3], data: weights }],
          inputs: [{ name: 'x', dtype: 'float32', shape: [2, 3] }],
          outputs: [{ name: 'y', dtype: 'float32', shape: [2, 3] }],
        },
        { location, place: () => 16 },
      );
    const read: string[] = [];
    const externalData = (location: string) => {
      read.push(location);
      return new Uint8Array(30);
    };
    for (const location of [
      '/etc/passwd',
      '../w.bin',
      'a/../../w.bin',
      'C:\\w.bin',
      '..\\w.bin',
      '',
      'a\0b',
    ]) {
      await expect(importOnnx(at(location), { externalData })).rejects.toThrow(
        `graph: tensor "w": external data at ${JSON.stringify(location)}: expected a path below that of the model`,
      );
    }
    expect(read).toEqual([]);
    await expect(importOnnx(at('w.bin'), { externalData })).rejects.toThrow(
      'tensor "w": 24 bytes from 16 on do not lie in "w.bin", which has 30',
    );
    await expect(importOnnx(at('w.bin'))).rejects.toThrow('give importOnnx the option externalData');
    expect(read).toEqual(['w.bin']);
  });

  it('functions that call themselves or multiply', async () => {
    for (const [name, message] of [
      ['recursive', 'calls lie more than 32 deep (limits.depth)'],
      ['doubling', 'the model has more than 200000 nodes (limits.nodes)'],
    ] as const) {
      const model = await importOnnx(fixtureBytes(`hostile/${name}.onnx`));
      expect(() => model.call(tensor([1, 2]))).toThrow(message);
    }
  });

  it('loops that take too many steps', async () => {
    const bytes = fixtureBytes('control-16');
    const small = { limits: { nodes: 60 } };
    const model = await importOnnx(bytes, small);
    expect(() => model.run(exampleInputs(model, { n: 40 }))).toThrow('more than 60 nodes (limits.nodes)');
  });
});

describe('a model that is exported again', () => {
  for (const name of ['cnn-17', 'resnet-13', 'transformer-14']) {
    it(`${name} computes the same under the same names`, async () => {
      const model = await importFixture(name);
      const lengths = { n: 2, t: 5 };
      const inputs = exampleInputs(model, lengths);
      const types = Object.fromEntries(
        model.inputs.map((input) => [
          input.name,
          {
            dtype: input.dtype,
            shape: input.shape!.map((length) => (length === 'n' ? 2 : length === 't' ? 5 : length!)),
          },
        ]),
      );
      const exported = await exportOnnx(
        (weights: Readonly<Record<string, Tensor>>, ...given: Tensor[]) => ({
          y: model.withWeights(weights).call(...given),
        }),
        model.weights,
        types,
      );
      const again = await importOnnx(exported.bytes);
      expect(Object.keys(again.weights)).toEqual(expect.arrayContaining(Object.keys(model.parameters)));
      expect(again.inputs).toEqual(
        model.inputs.map((input) => ({ ...input, shape: types[input.name]!.shape })),
      );
      const [before, after] = [await evaluate(model.run(inputs)), await evaluate(again.run(inputs))];
      const [ours, theirs] = [before, after].map(({ outputs }) => Array.from(outputs.y!.value!.data, Number));
      for (const [i, number] of ours!.entries()) expect(Math.abs(number - theirs![i]!)).toBeLessThan(3e-6);
    });
  }
});
