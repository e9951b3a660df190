import { readdirSync, readFileSync } from 'node:fs';
import type { Tensor } from '../../graph/tensor.js';
import { tensor } from '../../ops/create.js';
import { type ImportedModule, importOnnx } from './index.js';

// What the tests of the importer share: files written by bench/onnx-fixtures/make.py.

const folder = new URL('./fixtures/', import.meta.url);

export const fixtureNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => name.slice(0, -'.onnx'.length));

export const fixturePath = (name: string): string => new URL(`${name}.onnx`, folder).pathname;

/** The bytes of a fixture, or of a file beside it when the name has an extension. */
export const fixtureBytes = (name: string): Uint8Array =>
  readFileSync(new URL(name.includes('.') ? name : `${name}.onnx`, folder));

export const importFixture = (name: string): Promise<ImportedModule> =>
  importOnnx(fixtureBytes(name), { externalData: fixtureBytes });

/** Numbers between -2 and 2 that look random, the same for each seed. */
export function exampleNumbers(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

/** Inputs that a model takes, with the given lengths of its named axes; those without a name are as long as `n`. */
export function exampleInputs(
  model: ImportedModule,
  lengths: Readonly<Record<string, number>>,
): Record<string, Tensor> {
  const inputs = model.inputs.map(({ name, dtype, shape: lengthsOf }, i) => {
    const shape = lengthsOf!.map((length) => (typeof length === 'number' ? length : lengths[length ?? 'n']!));
    const numbers = exampleNumbers(
      shape.reduce((a, b) => a * b, 1),
      i + 1,
    );
    const indices = () => BigInt64Array.from(numbers, (number) => BigInt(Math.floor((number + 2) * 2.75)));
    return [name, tensor(dtype === 'int64' ? indices() : numbers, { shape })] as const;
  });
  return Object.fromEntries(inputs);
}
