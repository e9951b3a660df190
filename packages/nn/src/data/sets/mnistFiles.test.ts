import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mnistFiles } from './mnistFiles.js';

/** An IDX file of unsigned bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + data.length);
  file.set([0, 0, 8, shape.length]);
  const view = new DataView(file.buffer);
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length);
  });
  file.set(data, 4 + 4 * shape.length);
  return file;
}

const pixels = Uint8Array.from({ length: 3 * 2 * 4 }, (_, i) => 10 * i);
const images = idx([3, 2, 4], pixels);
const labels = idx([3], Uint8Array.of(7, 0, 255));

describe('IDX files of digits', () => {
  it.each([
    ['as they are', images, labels],
    ['gzipped', gzipSync(images), gzipSync(labels)],
    ['one of them gzipped', gzipSync(images), labels],
  ])('are read %s', async (_, first, second) => {
    const { columns, length } = await mnistFiles(first, second);
    expect(length).toBe(3);
    expect(columns).toEqual({
      images: { data: pixels, shape: [3, 1, 2, 4], dtype: 'float32', scale: 1 / 255 },
      labels: { data: Int32Array.of(7, 0, 255), shape: [3], dtype: 'int32' },
    });
  });

  it.each([
    [
      'nothing',
      new Uint8Array(),
      labels,
      'images: expected an IDX file that begins with 0, 0, 8, 3, got nothing',
    ],
    ['files in the wrong order', labels, images, 'begins with 0, 0, 8, 3, got 0, 0, 8, 1'],
    ['another element type', images.with(2, 13), labels, 'begins with 0, 0, 8, 3, got 0, 0, 13, 3'],
    ['a header cut short', images.subarray(0, 15), labels, 'images: the header ends after 15 bytes'],
    [
      'elements cut short',
      images.subarray(0, -1),
      labels,
      'images: [3, 2, 4] wants 24 bytes, and the file has 23',
    ],
    ['bytes behind', idx([3, 2, 3], pixels), labels, 'images: there are bytes behind the 18 of [3, 2, 3]'],
    [
      'too many',
      idx([2 ** 16, 2 ** 16, 1], pixels),
      labels,
      'has 4294967296 elements, expected 1 to 1073741824',
    ],
    ['an empty axis', idx([3, 0, 4], new Uint8Array()), labels, 'the shape [3, 0, 4] has 0 elements'],
    ['another number of labels', images, idx([2], Uint8Array.of(1, 2)), '3 images, but 2 labels'],
    [
      'gzip that is cut',
      gzipSync(images).subarray(0, -9),
      labels,
      'mnistFiles: images: not gzip as it begins',
    ],
  ])('are refused with %s', async (_, first, second, message) => {
    await expect(mnistFiles(first, second)).rejects.toThrow(RangeError);
    await expect(mnistFiles(first, second)).rejects.toThrow(message);
  });

  it('are not unpacked further than their header says', async () => {
    const bomb = gzipSync(idx([1, 1, 1], new Uint8Array(2 ** 28)), { level: 1 });
    const before = process.memoryUsage().arrayBuffers;
    await expect(mnistFiles(bomb, labels)).rejects.toThrow('there are bytes behind the 1 of [1, 1, 1]');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25);
  });

  it('are read or refused, whatever has happened to them', async () => {
    const damage = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), damage, fc.nat(60), async (zipped, changes, cut) => {
        const file = Uint8Array.from(zipped ? gzipSync(images) : images).slice(0, -cut || undefined);
        for (const [at, value] of changes) if (at < file.length) file[at] = value;
        const read = await mnistFiles(file, labels).catch((error: unknown) => error);
        if (read instanceof Error) expect(read).toBeInstanceOf(RangeError);
        else
          expect(read).toMatchObject({ length: 3, columns: { labels: { data: Int32Array.of(7, 0, 255) } } });
      }),
      { numRuns: 300 },
    );
  });
});
