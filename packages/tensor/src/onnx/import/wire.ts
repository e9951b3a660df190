import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { OnnxError } from './errors.js';
import type { Budget } from './limits.js';

/** One field of a message: an integer, or the bytes of anything else, which lie in the file's own buffer. */
export type Field =
  | { readonly number: number; readonly wireType: WireType.Varint; readonly value: bigint }
  | {
      readonly number: number;
      readonly wireType: WireType.LengthDelimited | WireType.Bit32 | WireType.Bit64;
      readonly value: Uint8Array;
    };

/** What a field is estimated to take up in memory when it has been read. */
const fieldBytes = 64;

/** The fields of a message, one after another. @throws OnnxError where the bytes are no message */
export function* fieldsOf(bytes: Uint8Array, budget: Budget, where: string): Generator<Field> {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    budget.takeBytes(fieldBytes, where);
    yield nextField(reader, bytes, where);
  }
}

function nextField(reader: BinaryReader, bytes: Uint8Array, where: string): Field {
  try {
    const [number, wireType] = reader.tag();
    if (wireType === WireType.Varint) return { number, wireType, value: varint(reader) };
    if (wireType === WireType.LengthDelimited) return { number, wireType, value: reader.bytes() };
    if (wireType === WireType.Bit32 || wireType === WireType.Bit64) {
      const length = wireType === WireType.Bit32 ? 4 : 8;
      const value = bytes.subarray(reader.pos, reader.pos + length);
      if (value.length < length) throw new RangeError('premature end');
      reader.pos += length;
      return { number, wireType, value };
    }
    throw new RangeError(`unknown wire type ${wireType}`);
  } catch (error) {
    throw new OnnxError(`${where}: not an ONNX file: ${(error as Error).message}`, { cause: error });
  }
}

function varint(reader: BinaryReader): bigint {
  const value = BigInt(reader.int64());
  if (reader.pos > reader.len) throw new RangeError('premature end');
  return value;
}

const wrongType = (where: string, { number }: Field): OnnxError =>
  new OnnxError(`${where}: not an ONNX file: field ${number} is of another type`);

/** Bytes of a nested message or of anything else that has a length. */
export function bytesOf(field: Field, where: string): Uint8Array {
  if (field.wireType !== WireType.LengthDelimited) throw wrongType(where, field);
  return field.value;
}

/** A signed integer; those beyond 2⁵³ are rounded. */
export function integerOf(field: Field, where: string): number {
  if (field.wireType !== WireType.Varint) throw wrongType(where, field);
  return Number(field.value);
}

export function floatOf(field: Field, where: string): number {
  if (field.wireType !== WireType.Bit32) throw wrongType(where, field);
  return new DataView(field.value.buffer, field.value.byteOffset).getFloat32(0, true);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws OnnxError for text that is too long or not UTF-8 */
export function textOf(field: Field, budget: Budget, where: string): string {
  const bytes = bytesOf(field, where);
  if (bytes.length > budget.limits.stringBytes) {
    throw new OnnxError(
      `${where}: a text of ${bytes.length} bytes is longer than ${budget.limits.stringBytes} (limits.stringBytes)`,
    );
  }
  budget.takeBytes(2 * bytes.length, where);
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new OnnxError(`${where}: a text is not UTF-8`, { cause: error });
  }
}

/** How many varints there are in packed form: as many as bytes that end one. */
export function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte < 0x80) count++;
  return count;
}

/** The integers of a repeated field, whether each stands alone or all are packed. */
export function* integersOf(field: Field, where: string): Generator<bigint> {
  if (field.wireType === WireType.Varint) yield field.value;
  else if (field.wireType === WireType.LengthDelimited) {
    const reader = new BinaryReader(field.value);
    while (reader.pos < reader.len) {
      try {
        yield varint(reader);
      } catch (error) {
        throw new OnnxError(`${where}: not an ONNX file: ${(error as Error).message}`, { cause: error });
      }
    }
  } else throw wrongType(where, field);
}

/** The bytes of a repeated field of numbers of `width` bytes, whether each stands alone or all are packed. */
export function fixedOf(field: Field, width: 4 | 8, where: string): Uint8Array {
  const alone = width === 4 ? WireType.Bit32 : WireType.Bit64;
  if (
    (field.wireType !== alone && field.wireType !== WireType.LengthDelimited) ||
    field.value.length % width !== 0
  ) {
    throw wrongType(where, field);
  }
  return field.value;
}
