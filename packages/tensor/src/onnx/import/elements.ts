import { type DType, emptyArray, type TypedArray } from '../../graph/dtype.js';

/** Element types of tensors in files. */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'uint64'
  | 'int32'
  | 'uint32'
  | 'int16'
  | 'uint16'
  | 'int8'
  | 'uint8'
  | 'int4'
  | 'uint4'
  | 'bool';

interface Element {
  /** ONNX's number for the type. */
  readonly code: number;
  readonly bits: number;
  /** What it is held as: floats are widened, narrow integers are int32, and uint64 is int64. */
  readonly dtype: DType;
}

export const elementTypes: Readonly<Record<ElementType, Element>> = {
  float32: { code: 1, bits: 32, dtype: 'float32' },
  uint8: { code: 2, bits: 8, dtype: 'int32' },
  int8: { code: 3, bits: 8, dtype: 'int32' },
  uint16: { code: 4, bits: 16, dtype: 'int32' },
  int16: { code: 5, bits: 16, dtype: 'int32' },
  int32: { code: 6, bits: 32, dtype: 'int32' },
  int64: { code: 7, bits: 64, dtype: 'int64' },
  bool: { code: 9, bits: 8, dtype: 'bool' },
  float16: { code: 10, bits: 16, dtype: 'float32' },
  float64: { code: 11, bits: 64, dtype: 'float64' },
  uint32: { code: 12, bits: 32, dtype: 'uint32' },
  uint64: { code: 13, bits: 64, dtype: 'int64' },
  bfloat16: { code: 16, bits: 16, dtype: 'float32' },
  uint4: { code: 21, bits: 4, dtype: 'int32' },
  int4: { code: 22, bits: 4, dtype: 'int32' },
};

/** Element types that files may have and we do not, for messages. */
const otherTypes: Readonly<Record<number, string>> = {
  0: 'undefined',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

export const elementTypeOf = (code: number): ElementType | undefined =>
  (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type].code === code);

export const elementTypeName = (code: number): string =>
  elementTypeOf(code) ?? otherTypes[code] ?? `type ${code}`;

export const bytesOfElements = (type: ElementType, count: number): number =>
  Math.ceil((count * elementTypes[type].bits) / 8);

/** Smallest and largest number of a narrow integer type; undefined for others. */
export function rangeOf(type: ElementType | undefined): readonly [low: number, high: number] | undefined {
  const match = /^(u?)int(4|8|16)$/.exec(type ?? '');
  if (!match) return undefined;
  const count = 2 ** Number(match[2]);
  return match[1] ? [0, count - 1] : [-count / 2, count / 2 - 1];
}

/** The number with the given bits: a sign, `exponentBits` of exponent and the rest of 16 bits of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

/**
 * Elements as they lie in files, little-endian and 4-bit ones two a byte with the first in the lower half, in the dtype
 * that they are held as.
 */
export function decodeElements(bytes: Uint8Array, type: ElementType, count: number): TypedArray {
  const { dtype } = elementTypes[type];
  // A copy, since elements of several bytes may begin at any byte of the file.
  const { buffer } = new Uint8Array(bytes);
  if (type === 'float32') return new Float32Array(buffer);
  if (type === 'float64') return new Float64Array(buffer);
  if (type === 'int32') return new Int32Array(buffer);
  if (type === 'uint32') return new Uint32Array(buffer);
  if (type === 'int64' || type === 'uint64') return new BigInt64Array(buffer);
  const elements = emptyArray(dtype, count) as Exclude<TypedArray, BigInt64Array>;
  const read = narrowReaders[type];
  const source = read.view(buffer);
  for (let i = 0; i < count; i++) elements[i] = read.at(source, i);
  return elements;
}

interface NarrowReader {
  readonly view: (buffer: ArrayBuffer) => ArrayLike<number>;
  readonly at: (source: ArrayLike<number>, index: number) => number;
}

const same = (source: ArrayLike<number>, index: number): number => source[index]!;
const half = (source: ArrayLike<number>, index: number): number =>
  (source[index >> 1]! >> (index & 1 ? 4 : 0)) & 15;
const widened = new Uint32Array(1);
const widenedFloat = new Float32Array(widened.buffer);

const narrowReaders: Readonly<
  Record<Exclude<ElementType, 'float32' | 'float64' | 'int32' | 'uint32' | 'int64' | 'uint64'>, NarrowReader>
> = {
  int16: { view: (buffer) => new Int16Array(buffer), at: same },
  uint16: { view: (buffer) => new Uint16Array(buffer), at: same },
  int8: { view: (buffer) => new Int8Array(buffer), at: same },
  uint8: { view: (buffer) => new Uint8Array(buffer), at: same },
  bool: { view: (buffer) => new Uint8Array(buffer), at: (source, index) => Number(source[index] !== 0) },
  uint4: { view: (buffer) => new Uint8Array(buffer), at: half },
  int4: { view: (buffer) => new Uint8Array(buffer), at: (source, index) => (half(source, index) ^ 8) - 8 },
  float16: { view: (buffer) => new Uint16Array(buffer), at: (source, index) => float16(source[index]!) },
  bfloat16: {
    view: (buffer) => new Uint16Array(buffer),
    at(source, index) {
      widened[0] = source[index]! << 16;
      return widenedFloat[0]!;
    },
  },
};
