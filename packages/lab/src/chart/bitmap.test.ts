import { describe, expect, it } from 'vitest';
import { decodePixels, encodePixels } from '../exhibit.js';
import { bitmap, imageBitmap } from './bitmap.js';

describe('a bitmap', () => {
  it('holds its size and its rows from the bottom up, in groups of four bytes', () => {
    const address = bitmap(2, 2, (row, column) => [100 * row, 10 * column, 7]);
    const prefix = 'data:image/bmp;base64,';
    expect(address.startsWith(prefix)).toBe(true);
    const bytes = decodePixels(address.slice(prefix.length));
    const fields = new DataView(bytes.buffer);
    expect(String.fromCharCode(bytes[0]!, bytes[1]!)).toBe('BM');
    expect([2, 10, 18, 22].map((at) => fields.getUint32(at, true))).toEqual([70, 54, 2, 2]);
    expect([...bytes.slice(54)]).toEqual([7, 0, 100, 7, 10, 100, 0, 0, 7, 0, 0, 7, 10, 0, 0, 0]);
  });

  it('shows images, grey ones in all three colours', () => {
    const image = (channels: 1 | 3, bytes: number[]) => {
      const pixels = encodePixels(Uint8Array.from(bytes));
      return imageBitmap({ kind: 'image', title: '', width: 1, height: 2, channels, pixels });
    };
    const colors = [
      [1, 2, 3],
      [4, 5, 6],
    ] as const;
    expect(image(3, colors.flat())).toBe(bitmap(1, 2, (row) => colors[row]!));
    expect(image(1, [7, 255])).toBe(bitmap(1, 2, (row) => (row === 0 ? [7, 7, 7] : [255, 255, 255])));
  });
});
