import type { TypedArray } from '../../graph/dtype.js';
import { type Shape, sizeOf } from '../../graph/shape.js';
import { onnxTypes, type StoredType } from '../../ops/emit.js';
import type { OnnxConstant, OnnxModel, OnnxNode } from '../model.js';
import { roundHalfEven } from './float16.js';
import { mapNodes, withUsedConstants } from './graphs.js';
import { packLevels } from './levels.js';
import { provisional } from './names.js';

/** How integers that tensors do not have lie in files, and their range. */
const narrowTypes: Readonly<
  Partial<
    Record<
      StoredType,
      {
        readonly pack: (numbers: number[]) => OnnxConstant['data'];
        readonly range: readonly [number, number];
      }
    >
  >
> = {
  int8: { pack: (numbers) => Int8Array.from(numbers), range: [-128, 127] },
  uint8: { pack: (numbers) => Uint8Array.from(numbers), range: [0, 255] },
  int16: { pack: (numbers) => Int16Array.from(numbers), range: [-32768, 32767] },
  uint16: { pack: (numbers) => Uint16Array.from(numbers), range: [0, 65535] },
  int4: { pack: (numbers) => packLevels(numbers, 4), range: [-8, 7] },
  uint4: { pack: (numbers) => packLevels(numbers, 4), range: [0, 15] },
};

const typeOf = (code: number): StoredType | undefined =>
  (Object.keys(onnxTypes) as StoredType[]).find((type) => onnxTypes[type] === code);

/** The numbers of a constant. */
interface Numbers {
  readonly dtype: StoredType;
  readonly shape: Shape;
  readonly numbers: readonly number[];
}

/**
 * Constants that are cast to narrow integers or quantized are stored as such: runtimes expect zero points so, and
 * weights that were trained as if quantized take a quarter of the bytes.
 * @param weights what the weights are called, in the order of their provisional names
 */
export function withNarrowConstants(model: OnnxModel, weights: readonly string[]): OnnxModel {
  const stored = new Map(model.constants.map((constant) => [constant.name, constant]));
  const narrowed = new Map<string, Numbers>();
  const knownOf = (name: string | undefined): Numbers | undefined => {
    const constant = stored.get(name ?? '');
    return (
      narrowed.get(name ?? '') ??
      (constant && { ...constant, numbers: Array.from(constant.data as TypedArray, Number) })
    );
  };
  const readable = new Map(weights.map((name, index) => [provisional('weight', index), name]));
  const renamed = new Map<string, string>();
  const nodes = mapNodes(model.nodes, (node) => {
    const inputs = node.inputs.map((input) => renamed.get(input) ?? input);
    const narrow = castConstant(node, inputs, knownOf) ?? quantizedConstant(node, inputs, knownOf);
    if (!narrow) return [{ ...node, inputs }];
    const source = inputs[0]!;
    const name = `${readable.get(source) ?? source}.${narrow.dtype}`;
    // One weight may be quantized in several ways.
    const unique =
      narrowed.has(name) && !isSame(narrowed.get(name)!, narrow) ? `${name}.${narrowed.size}` : name;
    narrowed.set(unique, narrow);
    renamed.set(node.outputs[0]!, unique);
    return [];
  });
  const added = [...narrowed].map(
    ([name, { dtype, shape, numbers }]): OnnxConstant => ({
      name,
      dtype,
      shape,
      data: narrowTypes[dtype]!.pack([...numbers]),
    }),
  );
  return withUsedConstants({ ...model, nodes, constants: [...model.constants, ...added] });
}

const isSame = (a: Numbers, b: Numbers): boolean =>
  a.dtype === b.dtype && a.numbers.every((number, i) => number === b.numbers[i]);

type Lookup = (name: string | undefined) => Numbers | undefined;

function castConstant(
  { type, attributes: { to } }: OnnxNode,
  [input]: readonly string[],
  knownOf: Lookup,
): Numbers | undefined {
  const dtype = type === 'Cast' && to && 'int' in to ? typeOf(to.int) : undefined;
  if (!dtype || !(dtype in narrowTypes)) return undefined;
  const source = knownOf(input);
  return source && { dtype, shape: source.shape, numbers: source.numbers };
}

function quantizedConstant(
  { type, attributes: { axis } }: OnnxNode,
  [input, scaleName, zeroPointName]: readonly string[],
  knownOf: Lookup,
): Numbers | undefined {
  if (type !== 'QuantizeLinear') return undefined;
  const [scales, zeroPoints, source] = [knownOf(scaleName), knownOf(zeroPointName), knownOf(input)];
  if (!scales || !zeroPoints || !source) return undefined;
  const { range } = narrowTypes[zeroPoints.dtype]!;
  const along = axis && 'int' in axis ? axis.int : source.shape.length;
  const stride = sizeOf(source.shape.slice(along + 1));
  const numbers = source.numbers.map((number, i) => {
    const channel = Math.floor(i / stride) % scales.numbers.length;
    const [scale, zeroPoint] = [scales.numbers[channel]!, zeroPoints.numbers[channel]!];
    // The runtime divides in float32.
    return Math.min(range[1], Math.max(range[0], roundHalfEven(Math.fround(number / scale)) + zeroPoint));
  });
  return { dtype: zeroPoints.dtype, shape: source.shape, numbers };
}
