import { decode as decodeJpegBytes } from 'jpeg-js';
import type { Image } from './image.js';
import { decodePng, pngSignature } from './png.js';

/** Limits of what is decoded. */
export interface DecodeImageOptions {
  /** Height times width; 2²⁵ unless said. */
  readonly maximumPixels?: number;
}

/**
 * The pixels of a PNG, JPEG, or binary PGM or PPM file, in 8 bits a channel. Transparency and turns that a camera has noted
 * are left out; JPEG files have three channels, grey ones too.
 * @throws RangeError, before memory is taken, for more pixels than allowed; and for bytes that are none of these formats,
 *   or damaged
 */
export async function decodeImage(
  bytes: Uint8Array,
  { maximumPixels = 2 ** 25 }: DecodeImageOptions = {},
): Promise<Image> {
  const format = formatOf(bytes);
  if (!format) throw new RangeError('decodeImage: the bytes are neither PNG nor JPEG, PGM or PPM');
  try {
    return await { PNG: decodePng, JPEG: decodeJpeg, PNM: decodePnm }[format](bytes, maximumPixels);
  } catch (error) {
    throw new RangeError(`decodeImage: ${format}: ${(error as Error).message}`, { cause: error });
  }
}

function formatOf(bytes: Uint8Array): 'PNG' | 'JPEG' | 'PNM' | undefined {
  const begins = (...signature: readonly number[]) => signature.every((byte, i) => bytes[i] === byte);
  if (begins(...pngSignature)) return 'PNG';
  if (begins(0xff, 0xd8, 0xff)) return 'JPEG';
  return begins(0x50, 0x35) || begins(0x50, 0x36) ? 'PNM' : undefined;
}

function decodeJpeg(bytes: Uint8Array, maximumPixels: number): Image {
  if (!endsAsJpeg(bytes)) throw new RangeError('the file ends before the image');
  const { width, height, data } = decodeJpegBytes(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maximumPixels / 1e6,
    maxMemoryUsageInMB: 1024,
  });
  if (data.length === 0) throw new RangeError(`${height} × ${width} is no size`);
  return { width, height, channels: 3, pixels: data };
}

/** Whether there is an end of image. Some cameras write something after it. */
function endsAsJpeg(bytes: Uint8Array): boolean {
  for (let end = bytes.lastIndexOf(0xd9); end > 0; end = bytes.lastIndexOf(0xd9, end - 1)) {
    if (bytes[end - 1] === 0xff) return true;
  }
  return false;
}

/** Binary PGM (P5) and PPM (P6): a header of three numbers, between which there may be comments, then bytes. */
function decodePnm(bytes: Uint8Array, maximumPixels: number): Image {
  const header = String.fromCharCode(...bytes.subarray(0, 1024));
  const match = /^P([56])(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)\s/.exec(header);
  if (!match) throw new RangeError('there is no header');
  const [width, height, largest] = match.slice(2).map(Number) as [number, number, number];
  const channels = match[1] === '5' ? 1 : 3;
  if (width === 0 || height === 0) throw new RangeError(`${height} × ${width} is no size`);
  if (width * height > maximumPixels) {
    throw new RangeError(`${height} × ${width} pixels are more than ${maximumPixels}`);
  }
  if (!(largest >= 1 && largest <= 255)) throw new RangeError(`values up to ${largest} are not of 8 bits`);
  const length = width * height * channels;
  const data = bytes.subarray(match[0].length, match[0].length + length);
  if (data.length < length)
    throw new RangeError(`the header wants ${length} bytes, the data have ${data.length}`);
  const pixels = data.map((value) => Math.min(255, Math.round((value * 255) / largest)));
  return { width, height, channels, pixels };
}
