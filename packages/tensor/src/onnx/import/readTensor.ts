import { sizeOf } from '../../graph/shape.js';
import {
  bytesOfElements,
  type ElementType,
  elementTypeName,
  elementTypeOf,
  elementTypes,
} from './elements.js';
import { OnnxError } from './errors.js';
import type { ExternalPlace, TensorFile } from './file.js';
import type { Budget } from './limits.js';
import {
  bytesOf,
  countVarints,
  type Field,
  fieldsOf,
  fixedOf,
  integerOf,
  integersOf,
  textOf,
} from './wire.js';

/** Numbers of a tensor's fields that hold elements of some types each, in place of raw bytes. */
const [floatData, integerData, stringData, longData, doubleData, unsignedData] = [4, 5, 6, 7, 10, 11];

const typedFields: Readonly<Record<ElementType, number>> = {
  float32: floatData,
  float64: doubleData,
  int64: longData,
  uint64: unsignedData,
  uint32: unsignedData,
  int32: integerData,
  int16: integerData,
  uint16: integerData,
  int8: integerData,
  uint8: integerData,
  int4: integerData,
  uint4: integerData,
  bool: integerData,
  float16: integerData,
  bfloat16: integerData,
};

/** A tensor of a file. @throws OnnxError when its data do not fill its shape, or its type is not supported */
export function readTensor(bytes: Uint8Array, budget: Budget, where: string): TensorFile {
  const dims: number[] = [];
  const typed = new Map<number, Field[]>();
  const external = new Map<string, string>();
  let [name, code, raw, isExternal] = ['', 0, undefined as Uint8Array | undefined, false];
  for (const field of fieldsOf(bytes, budget, where)) {
    const { number } = field;
    if (number === 1) for (const length of integersOf(field, where)) dims.push(Number(length));
    else if (number === 2) code = integerOf(field, where);
    else if (number === 8) name = textOf(field, budget, where);
    else if (number === 9) raw = bytesOf(field, where);
    else if (number === 13) external.set(...readEntry(bytesOf(field, where), budget, where));
    else if (number === 14) isExternal = integerOf(field, where) === 1;
    else if ([floatData, integerData, stringData, longData, doubleData, unsignedData].includes(number)) {
      const fields = typed.get(number) ?? [];
      fields.push(field);
      typed.set(number, fields);
    }
    // Lengths are never many, and each would be a step of every loop over axes.
    if (dims.length > 64) throw new OnnxError(`${where}: a tensor has more than 64 axes`);
  }
  const within = name ? `${where}: tensor "${name}"` : where;
  const type = elementTypeOf(code);
  if (!type) throw new OnnxError(`${within}: elements of ${elementTypeName(code)} are not supported`);
  const count = sizeOf(dims);
  if (!dims.every((length) => Number.isSafeInteger(length) && length >= 0) || !Number.isSafeInteger(count)) {
    throw new OnnxError(`${within}: [${dims.join(', ')}] is no shape`);
  }
  const expected = bytesOfElements(type, count);
  const data = isExternal
    ? externalPlace(external, expected, within)
    : (raw ?? typedData(typed.get(typedFields[type]) ?? [], type, expected, budget, within));
  requireLength(data.length, type, expected, `${within} [${dims.join(', ')}]`);
  return { name, type, shape: dims, data };
}

function requireLength(length: number, type: ElementType, expected: number, where: string): void {
  if (length === expected) return;
  throw new OnnxError(`${where}: elements of ${type} take ${expected} bytes, but there are ${length}`);
}

/** What a key and a value say. */
export function readEntry(bytes: Uint8Array, budget: Budget, where: string): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  for (const field of fieldsOf(bytes, budget, where)) {
    if (field.number === 1 || field.number === 2) entry[field.number - 1] = textOf(field, budget, where);
  }
  return entry;
}

function externalPlace(entries: ReadonlyMap<string, string>, expected: number, where: string): ExternalPlace {
  const location = entries.get('location') ?? '';
  const parts = location.split(/[/\\]/);
  if (!location || location.includes('\0') || /^[/\\]|^[a-z]:/i.test(location) || parts.includes('..')) {
    throw new OnnxError(
      `${where}: external data at ${JSON.stringify(location)}: expected a path below that of the model`,
    );
  }
  const number = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    if (text === undefined) return otherwise;
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
      throw new OnnxError(`${where}: external data: ${key}: got ${JSON.stringify(text)}, expected a count`);
    }
    return Number(text);
  };
  return { location, offset: number('offset', 0), length: number('length', expected) };
}

/** The elements of a typed field as they would lie in raw bytes. Their number is checked before there is room for them. */
function typedData(
  fields: readonly Field[],
  type: ElementType,
  expected: number,
  budget: Budget,
  where: string,
): Uint8Array {
  if (type === 'float32' || type === 'float64') {
    const parts = fields.map((field) => fixedOf(field, type === 'float32' ? 4 : 8, where));
    if (parts.length === 1) return parts[0]!;
    const length = parts.reduce((total, part) => total + part.length, 0);
    requireLength(length, type, expected, where);
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const part of parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return bytes;
  }
  // 4-bit elements come two in an integer.
  const width = Math.max(8, elementTypes[type].bits) / 8;
  const count = fields.reduce(
    (total, field) => total + (field.value instanceof Uint8Array ? countVarints(field.value) : 1),
    0,
  );
  requireLength(count * width, type, expected, where);
  budget.takeBytes(expected, where);
  const bytes = new Uint8Array(expected);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const field of fields) {
    for (const value of integersOf(field, where)) {
      if (width === 8) view.setBigInt64(offset, BigInt.asIntN(64, value), true);
      else if (width === 4) view.setInt32(offset, Number(BigInt.asIntN(32, value)), true);
      else if (width === 2) view.setInt16(offset, Number(BigInt.asIntN(16, value)), true);
      else view.setInt8(offset, Number(BigInt.asIntN(8, value)));
      offset += width;
    }
  }
  return bytes;
}
