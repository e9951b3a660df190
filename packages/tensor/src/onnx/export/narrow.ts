import type { TypedArray } from '../../graph/dtype.js';
import { onnxTypes, type StoredType } from '../../ops/emit.js';
import type { OnnxConstant, OnnxModel } from '../model.js';
import { packLevels } from './levels.js';

/** How integers that tensors do not have lie in files. */
const arrays: Readonly<Partial<Record<StoredType, (numbers: number[]) => OnnxConstant['data']>>> = {
  int8: (numbers) => Int8Array.from(numbers),
  uint8: (numbers) => Uint8Array.from(numbers),
  int16: (numbers) => Int16Array.from(numbers),
  uint16: (numbers) => Uint16Array.from(numbers),
  int4: (numbers) => packLevels(numbers, 4),
  uint4: (numbers) => packLevels(numbers, 4),
};

const typeOf = (code: number): StoredType | undefined =>
  (Object.keys(onnxTypes) as StoredType[]).find((type) => onnxTypes[type] === code);

/** Constants that are cast to narrow integers are stored as such: runtimes expect the zero points of quantization so. */
export function withNarrowConstants(model: OnnxModel): OnnxModel {
  const constants = new Map(model.constants.map((constant) => [constant.name, constant]));
  const narrowed: OnnxConstant[] = [];
  const nodes = model.nodes.filter(({ type, inputs: [input], outputs: [output], attributes: { to } }) => {
    const source = constants.get(input ?? '');
    const dtype = type === 'Cast' && to && 'int' in to ? typeOf(to.int) : undefined;
    const array = dtype && arrays[dtype];
    if (!source || !array) return true;
    const numbers = Array.from(source.data as TypedArray, Number);
    narrowed.push({ name: output!, dtype, shape: source.shape, data: array(numbers) });
    return false;
  });
  return { ...model, nodes, constants: [...model.constants, ...narrowed] };
}
