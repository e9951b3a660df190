import { convertIndexedToRgb, decode } from 'fast-png';
import type { Image } from './image.js';

/** The eight bytes that PNG files begin with. */
export const pngSignature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

/** Grey, or red, green and blue, of 8 bits: fewer are stretched, more are rounded, transparency is left out. */
export async function decodePng(bytes: Uint8Array, maximumPixels: number): Promise<Image> {
  const chunks = chunksOf(bytes);
  const header = headerOf(chunks[0]!);
  const { width, height, depth, colourType } = header;
  if (width * height > maximumPixels) {
    throw new RangeError(`${width} × ${height} pixels are more than ${maximumPixels}`);
  }
  await requireInflated(chunks, inflatedLength(header));
  const decoded = decode(withoutExtras(bytes, chunks), { checkCrc: true });
  if (colourType === 3) {
    return { width, height, channels: 3, pixels: convertIndexedToRgb(decoded) };
  }
  const samples = depth < 8 ? unpack(decoded.data, header) : decoded.data;
  const stored = channelsOf(colourType);
  const channels = stored < 3 ? 1 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let channel = 0; channel < channels; channel++) {
      pixels[i * channels + channel] = Math.round((samples[i * stored + channel]! * 255) / (2 ** depth - 1));
    }
  }
  return { width, height, channels, pixels };
}

interface Chunk {
  readonly type: string;
  /** Where the chunk begins and ends, its length and checksum included. */
  readonly from: number;
  readonly to: number;
  readonly data: Uint8Array;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let from = pngSignature.length; chunks.at(-1)?.type !== 'IEND'; ) {
    if (from + 12 > bytes.length) throw new RangeError('the file ends within a chunk');
    const length = view.getUint32(from);
    const to = from + 12 + length;
    if (to > bytes.length) throw new RangeError('the file ends within a chunk');
    const type = String.fromCharCode(...bytes.subarray(from + 4, from + 8));
    chunks.push({ type, from, to, data: bytes.subarray(from + 8, to - 4) });
    from = to;
  }
  if (chunks.slice(1).some(({ type }) => type === 'IHDR')) throw new RangeError('there is a second header');
  return chunks;
}

function headerOf({ type, data }: Chunk): Header {
  if (type !== 'IHDR' || data.length !== 13) throw new RangeError('there is no header');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colourType, , , interlace] = data.subarray(8) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (width === 0 || height === 0) throw new RangeError(`${width} × ${height} is no size`);
  if (!depths[colourType]?.includes(depth)) {
    throw new RangeError(`there is no colour type ${colourType} with ${depth} bits`);
  }
  return { width, height, depth, colourType, interlaced: interlace === 1 };
}

/** Bits of a sample that are allowed, by colour type: grey, colours, palette, grey or colours with transparency. */
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

const channelsOf = (colourType: number): number => ({ 0: 1, 2: 3, 3: 1, 4: 2 })[colourType] ?? 4;

/** The first pixel and the step, across and down, of each pass of an interlaced image. */
const passes = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;

/** Bytes of the image data before compression: each row has one for its filter. */
function inflatedLength({ width, height, depth, colourType, interlaced }: Header): number {
  const part = (columns: number, rows: number) =>
    columns === 0 ? 0 : rows * (1 + Math.ceil((columns * depth * channelsOf(colourType)) / 8));
  if (!interlaced) return part(width, height);
  const count = (length: number, first: number, step: number) =>
    Math.max(0, Math.ceil((length - first) / step));
  return passes.reduce(
    (sum, [x, across, y, down]) => sum + part(count(width, x, across), count(height, y, down)),
    0,
  );
}

/** Inflates piece by piece and keeps none, so that data which grow beyond all measure are found out without the memory. */
async function requireInflated(chunks: readonly Chunk[], expected: number): Promise<void> {
  const parts = chunks
    .filter(({ type }) => type === 'IDAT')
    .map(({ data }) => data as Uint8Array<ArrayBuffer>);
  const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  let length = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > expected) break;
    }
  } catch (error) {
    throw new RangeError('the compressed data are damaged', { cause: error });
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (length !== expected) {
    throw new RangeError(
      `the header wants ${expected} bytes, the data have ${length < expected ? length : 'more'}`,
    );
  }
}

/** The file with the chunks that make the image, without texts and colour profiles. */
function withoutExtras(bytes: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const kept = chunks.filter(({ type }) => ['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type));
  const parts = [Uint8Array.from(pngSignature), ...kept.map(({ from, to }) => bytes.subarray(from, to))];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    file.set(part, offset);
    offset += part.length;
  }
  return file;
}

/** Grey samples of 1, 2 or 4 bits, of which each row begins with a byte. */
function unpack(packed: ArrayLike<number>, { width, height, depth }: Header): Uint8Array {
  const row = Math.ceil((width * depth) / 8);
  const samples = new Uint8Array(width * height);
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % width) * depth;
    const byte = packed[Math.floor(i / width) * row + (bit >> 3)]!;
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}
