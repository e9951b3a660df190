import { decodePixels, encodePixels, type ImageExhibit } from '../exhibit.js';

/**
 * The address of a picture that stands in the page itself and needs no script: an uncompressed BMP of 24 bits.
 * @param color red, green and blue of a pixel, from 0 to 255
 */
export function bitmap(
  width: number,
  height: number,
  color: (row: number, column: number) => readonly [number, number, number],
): string {
  const header = 54;
  // Rows take whole groups of four bytes and stand from the bottom up.
  const stride = 4 * Math.ceil((3 * width) / 4);
  const bytes = new Uint8Array(header + stride * height);
  const fields = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  fields.setUint32(2, bytes.length, true);
  fields.setUint32(10, header, true);
  fields.setUint32(14, 40, true);
  fields.setInt32(18, width, true);
  fields.setInt32(22, height, true);
  fields.setUint16(26, 1, true);
  fields.setUint16(28, 24, true);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [red, green, blue] = color(row, column);
      bytes.set([blue, green, red], header + (height - 1 - row) * stride + 3 * column);
    }
  }
  return `data:image/bmp;base64,${encodePixels(bytes)}`;
}

/** An image exhibit as such an address; grey is repeated in all three colours. */
export function imageBitmap({ width, height, channels, pixels }: ImageExhibit): string {
  const bytes = decodePixels(pixels);
  return bitmap(width, height, (row, column) => {
    const at = channels * (row * width + column);
    const byte = (channel: number) => bytes[at + (channels === 3 ? channel : 0)]!;
    return [byte(0), byte(1), byte(2)];
  });
}
