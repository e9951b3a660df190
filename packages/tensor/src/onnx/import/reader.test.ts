import { describe, expect, it } from 'vitest';
import { tensor } from '../../ops/create.js';
import { add } from '../../ops/elementwise.js';
import { emitModel } from '../emit.js';
import { encodeModel, type OnnxNode } from '../model.js';
import { OnnxError } from './errors.js';
import { readModel } from './reader.js';

function exampleBytes(): Uint8Array<ArrayBuffer> {
  const weight = tensor([1, 2, 3], { dtype: 'float32' });
  const model = emitModel({
    inputs: [],
    outputs: [add(weight, 4)],
    weights: [{ name: 'w', tensor: weight }],
  });
  return encodeModel({ ...model, opset: 17, description: { producer: 'me', metadata: { a: 'b' } } });
}

describe('readModel', () => {
  it('reads what is written', () => {
    const model = readModel(exampleBytes());
    expect(model.irVersion).toBe(8);
    expect(model.opsets).toEqual(new Map([['', 17]]));
    expect(model.producer).toBe('me');
    expect(model.metadata).toEqual(new Map([['a', 'b']]));
    expect(model.graph.nodes.map(({ type }) => type)).toEqual(['Add']);
    const [weight] = model.graph.initializers;
    expect(weight).toMatchObject({ name: 'w', type: 'float32', shape: [3] });
    expect(model.graph.outputs).toEqual([{ name: 'output0', elementCode: 1, shape: [3] }]);
  });

  it('reads buffers at any offset', () => {
    const bytes = exampleBytes();
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(readModel(shifted)).toEqual(readModel(bytes));
  });

  it('puts nodes after those that they use', () => {
    const node = (name: string, inputs: string[]): OnnxNode => ({
      name,
      type: 'Add',
      domain: '',
      inputs,
      outputs: [name],
      attributes: {},
    });
    const nodes = [
      node('d', ['c', 'b']),
      node('b', ['a', 'x']),
      node('a', ['x', 'x']),
      node('c', ['b', 'b']),
    ];
    const namesOf = (each: readonly OnnxNode[]) =>
      readModel(encodeModel({ nodes: each, constants: [], inputs: [], outputs: [] })).graph.nodes.map(
        ({ name }) => name,
      );
    expect(namesOf(nodes)).toEqual(['a', 'b', 'c', 'd']);
    expect(namesOf([node('a', ['x', 'x']), node('c', ['x', 'x']), node('b', ['a', 'a'])])).toEqual([
      'a',
      'c',
      'b',
    ]);
    const circle = [node('a', ['b', 'b']), node('b', ['a', 'a'])];
    expect(namesOf(circle).sort()).toEqual(['a', 'b']);
    const chain = Array.from({ length: 20_000 }, (_, i) => node(`n${i}`, [`n${i + 1}`, 'x']));
    expect(namesOf(chain)[0]).toBe('n19999');
  });

  it('refuses what is no model', () => {
    expect(() => readModel(new Uint8Array())).toThrow(
      new OnnxError('model: not an ONNX file: there is no graph'),
    );
    expect(() => readModel(new TextEncoder().encode('hello'))).toThrow(OnnxError);
    expect(() => readModel(exampleBytes().subarray(0, 100))).toThrow(/not an ONNX file: premature/);
  });

  it('keeps to limits', () => {
    const bytes = exampleBytes();
    expect(() => readModel(bytes, { fileBytes: 10 })).toThrow(
      `model: ${bytes.length} bytes are more than 10 (limits.fileBytes)`,
    );
    expect(() => readModel(bytes, { nodes: 0 })).toThrow('more than 0 nodes (limits.nodes)');
    expect(() => readModel(bytes, { depth: 0 })).toThrow('more than 0 deep (limits.depth)');
    expect(() => readModel(bytes, { stringBytes: 1 })).toThrow('longer than 1 (limits.stringBytes)');
    expect(() => readModel(bytes, { decodedBytes: 100 })).toThrow('more than 100 bytes of memory');
    expect(() => readModel(bytes, { nodes: -1 })).toThrow(RangeError);
    expect(() => readModel(bytes, { depht: 1 } as object)).toThrow('depht is no limit; there are fileBytes');
  });

  it('refuses tensors that claim more than they have, and other elements', () => {
    const claim = (dtype: 'float32' | 'uint8', shape: number[], data: Uint8Array<ArrayBuffer>) =>
      encodeModel({ nodes: [], inputs: [], outputs: [], constants: [{ name: 'w', dtype, shape, data }] });
    expect(() => readModel(claim('float32', [1 << 20, 1 << 20], new Uint8Array(8)))).toThrow(
      'graph: tensor "w" [1048576, 1048576]: elements of float32 take 4398046511104 bytes, but there are 8',
    );
    expect(() => readModel(claim('uint8', [-1], new Uint8Array(8)))).toThrow('[-1] is no shape');
  });
});
