import type { DType, TypedArray } from '@evenkeel/tensor';

/**
 * An array to be written: elements in row-major order. The element type of the file follows the typed array; bytes are
 * `BOOL` where `dtype` says bool, and `U8` otherwise.
 */
export interface ArrayToStore {
  readonly data: Uint8Array | Int32Array | Uint32Array | BigInt64Array | Float32Array | Float64Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Must be 1 or absent: the format knows raw elements only. */
  readonly scale?: number;
}

/** An array that was read. `U8` comes as bytes of dtype int32, `F16` and `BF16` as float32. */
export interface StoredArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly arrays: Readonly<Record<string, StoredArray>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The types of the format that we know, the widest last: the order in which elements stand in a file. */
const types = ['BOOL', 'U8', 'F16', 'BF16', 'I32', 'U32', 'F32', 'F64', 'I64'] as const;
type ElementType = (typeof types)[number];

const widths: Readonly<Record<ElementType, number>> = {
  BOOL: 1,
  U8: 1,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
};

/** Bytes of header that any reader of the format accepts. */
const longestHeader = 100_000_000;

/**
 * The bytes of a safetensors file. The same arrays give the same bytes, in whatever order they come.
 * @param arrays by name, such as the paths of a model's parameters
 * @param metadata texts to go with them
 * @throws RangeError for a name `__metadata__`, a shape that its data do not fill, a scale, or a header above 100 MB
 */
export function writeSafetensors(
  arrays: Readonly<Record<string, ArrayToStore>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays)
    .map(([name, array]) => ({ name, array, type: typeOf(name, array) }))
    .sort((a, b) => types.indexOf(b.type) - types.indexOf(a.type) || (a.name < b.name ? -1 : 1));
  let offset = 0;
  const described = entries.map(({ name, array: { data, shape }, type }) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: type, shape, data_offsets: [begin, offset] }] as const;
  });
  const fields = Object.keys(metadata).length > 0 ? [['__metadata__', metadata] as const] : [];
  const texts = [...fields, ...described].map((field) => field.map((part) => JSON.stringify(part)).join(':'));
  const json = new TextEncoder().encode(`{${texts.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;
  if (headerLength > longestHeader)
    throw new RangeError(`writeSafetensors: the header has ${headerLength} bytes, at most ${longestHeader}`);
  const file = new Uint8Array(8 + headerLength + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength), true);
  file.fill(0x20, 8, 8 + headerLength);
  file.set(json, 8);
  entries.forEach(({ array: { data } }, i) => {
    const at = 8 + headerLength + (described[i]?.[1].data_offsets[0] as number);
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
  });
  return file;
}

function typeOf(name: string, { data, shape, dtype, scale = 1 }: ArrayToStore): ElementType {
  const where = `writeSafetensors: ${name}`;
  if (name === '__metadata__') throw new RangeError(`${where} is a name that the format keeps for itself`);
  if (scale !== 1) throw new RangeError(`${where}: a scale cannot be stored, got ${scale}`);
  const size = shape.every((length) => Number.isSafeInteger(length) && length >= 0)
    ? shape.reduce((product, length) => product * length, 1)
    : Number.NaN;
  if (size !== data.length)
    throw new RangeError(`${where}: shape [${shape.join(', ')}] does not hold ${data.length} elements`);
  if (data instanceof Uint8Array) return dtype === 'bool' ? 'BOOL' : 'U8';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof BigInt64Array) return 'I64';
  return data instanceof Float32Array ? 'F32' : 'F64';
}

/** Where an array stands in the part behind the header. */
interface Entry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file. What comes back shares no memory with the file.
 * @throws RangeError for whatever is not such a file, saying what is wrong: a cut or overlong file, a malformed header,
 *   an unknown element type, arrays that overlap, leave gaps or do not have the length of their shape, booleans other
 *   than 0 and 1. Nothing is allocated before the whole header has been checked.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw malformed(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  const most = Math.min(longestHeader, bytes.length - 8);
  if (headerLength < 2 || headerLength > most)
    throw malformed(`the header is said to have ${headerLength} bytes, expected 2 to ${most}`);
  const { __metadata__: metadata = {}, ...described } = parseHeader(bytes.subarray(8, 8 + headerLength));
  if (!isRecord(metadata) || !Object.values(metadata).every((text) => typeof text === 'string'))
    throw malformed('__metadata__ must map names to texts');
  const entries = Object.entries(described).map(([name, entry]) => checkedEntry(name, entry));
  // Plainly an array of bytes: what Node reads files into is one whose slices share its memory.
  const body = new Uint8Array(
    bytes.buffer,
    bytes.byteOffset + 8 + headerLength,
    bytes.length - 8 - headerLength,
  );
  requireCover(entries, body.length);
  return {
    arrays: Object.fromEntries(entries.map((entry) => [entry.name, arrayOf(entry, body)])),
    metadata: metadata as Record<string, string>,
  };
}

const malformed = (what: string): RangeError => new RangeError(`readSafetensors: ${what}`);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw malformed('the header must begin with {');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw malformed(`the header is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isRecord(header)) throw malformed('the header must be a JSON object');
  const names = Object.keys(header).length;
  if (countNames(text) !== names) throw malformed('the header has a name twice');
  return header;
}

/** Number of names in the outermost object of a JSON text, the repeated ones counted again. */
function countNames(json: string): number {
  let depth = 0;
  let names = 0;
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':' && depth === 1) names++;
  }
  return names;
}

function checkedEntry(name: string, entry: unknown): Entry {
  const fail = (what: string) => malformed(`${JSON.stringify(name.slice(0, 200))}: ${what}`);
  if (!isRecord(entry)) throw fail('expected an object');
  const { dtype, shape, data_offsets: offsets, ...others } = entry;
  if (Object.keys(others).length > 0) throw fail(`unknown field ${Object.keys(others)[0]?.slice(0, 200)}`);
  const type = types.find((known) => known === dtype);
  if (type === undefined)
    throw fail(
      `dtype must be one of ${types.join(', ')}, got ${JSON.stringify(dtype ?? null).slice(0, 200)}`,
    );
  if (!isLengths(shape)) throw fail('shape must be a list of whole numbers from 0');
  if (!isLengths(offsets) || offsets.length !== 2)
    throw fail('data_offsets must be two whole numbers from 0');
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((product, length) => product * length, widths[type]);
  if (!Number.isSafeInteger(size) || end - begin !== size)
    throw fail(
      `${type} [${shape.join(', ').slice(0, 200)}] has ${size} bytes, data_offsets [${begin}, ${end}]`,
    );
  return { name, type, shape, begin, end };
}

const isLengths = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);

/** The arrays must follow one another without gaps, and end where the file ends. */
function requireCover(entries: readonly Entry[], length: number): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== covered)
      throw malformed(
        `${JSON.stringify(name.slice(0, 200))} begins at ${begin}, the one before ends at ${covered}`,
      );
    covered = end;
  }
  if (covered !== length)
    throw malformed(`the arrays take ${covered} bytes, and ${length} follow the header`);
}

function arrayOf({ name, type, shape, begin, end }: Entry, body: Uint8Array): StoredArray {
  const raw = body.slice(begin, end);
  const { buffer } = raw;
  switch (type) {
    case 'BOOL':
      if (raw.some((byte) => byte > 1))
        throw malformed(
          `${JSON.stringify(name)}: booleans must be 0 or 1, got ${raw.find((byte) => byte > 1)}`,
        );
      return { shape, dtype: 'bool', data: raw };
    case 'U8':
      return { shape, dtype: 'int32', data: raw };
    case 'F16':
      return { shape, dtype: 'float32', data: Float32Array.from(new Uint16Array(buffer), fromHalf) };
    case 'BF16':
      return { shape, dtype: 'float32', data: fromBrain(new Uint16Array(buffer)) };
    case 'I32':
      return { shape, dtype: 'int32', data: new Int32Array(buffer) };
    case 'U32':
      return { shape, dtype: 'uint32', data: new Uint32Array(buffer) };
    case 'F32':
      return { shape, dtype: 'float32', data: new Float32Array(buffer) };
    case 'F64':
      return { shape, dtype: 'float64', data: new Float64Array(buffer) };
    case 'I64':
      return { shape, dtype: 'int64', data: new BigInt64Array(buffer) };
  }
}

/** The number that sixteen bits of IEEE 754 mean. */
function fromHalf(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** bfloat16 is the upper half of a float32. */
function fromBrain(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
