import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ImageFile, imageFolder, listFiles, listFolder, loader } from '../../index.js';

/** A PPM of one colour. */
const picture = (width: number, height: number, ...colour: number[]) =>
  Uint8Array.from([
    ...new TextEncoder().encode(`P6 ${width} ${height} 255\n`),
    ...Array.from({ length: width * height }, () => colour).flat(),
  ]);
const read: string[] = [];
const file = (path: string, bytes: Uint8Array): ImageFile => ({
  path,
  async read() {
    read.push(path);
    return bytes;
  },
});
const files = [
  file('pets/dogs/rex.ppm', picture(4, 2, 10, 20, 30)),
  file('pets/cats/tom.PPM', picture(2, 6, 40, 50, 60)),
  file('pets\\cats\\kit.ppm', picture(3, 3, 70, 80, 90)),
  file('pets/cats/.DS_Store', Uint8Array.of(1)),
];

describe('pictures in folders', () => {
  it('have the class of their folder, and are decoded when they are read', async () => {
    const dataset = imageFolder(files, { size: [1, 2] });
    expect([dataset.length, dataset.classes, dataset.labels]).toEqual([
      3,
      ['cats', 'dogs'],
      Int32Array.of(0, 1, 0),
    ]);
    expect(dataset.paths).toEqual(['pets/cats/tom.PPM', 'pets/dogs/rex.ppm', 'pets\\cats\\kit.ppm']);
    expect(read).toEqual([]);
    const { images, labels } = await dataset.read([1, 0]);
    expect(read.sort()).toEqual(['pets/cats/tom.PPM', 'pets/dogs/rex.ppm']);
    expect(images).toEqual({
      data: Uint8Array.of(10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60),
      shape: [2, 3, 1, 2],
      dtype: 'float32',
      scale: 1 / 255,
    });
    expect(labels.data).toEqual(Int32Array.of(1, 0));
  });

  it('become batches, in grey if asked', async () => {
    const dataset = imageFolder(files, { size: 2, channels: 1 });
    for await (const batch of loader(dataset, { batchSize: 3, seed: 0, shuffle: false }).epoch(0)) {
      expect([batch.images.shape, batch.labels.value!.data]).toEqual([[3, 1, 2, 2], Int32Array.of(0, 1, 0)]);
      expect(batch.images.value!.data[0]).toBe(Math.fround(48 / 255));
    }
  });

  it('come from a page as well', async () => {
    const chosen = Object.assign(new File([picture(1, 1, 1, 2, 3)], 'a.ppm'), {
      webkitRelativePath: 'x/a.ppm',
    });
    const dataset = imageFolder(listFiles([chosen]), { size: 1 });
    expect(dataset.classes).toEqual(['x']);
    expect((await dataset.read([0])).images.data).toEqual(Uint8Array.of(1, 2, 3));
    expect(listFiles([new File([], 'b.ppm')])[0]!.path).toBe('b.ppm');
  });

  it('come from a folder, with what is in folders of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-pictures-'));
    try {
      for (const name of ['b', 'a']) {
        await mkdir(join(folder, 'all', name), { recursive: true });
        await writeFile(join(folder, 'all', name, '1.ppm'), picture(1, 1, name.charCodeAt(0), 2, 3));
      }
      const listed = await listFolder(folder);
      expect(listed.map(({ path }) => path.slice(folder.length))).toEqual(['/all/a/1.ppm', '/all/b/1.ppm']);
      const dataset = imageFolder(listed, { size: 1 });
      expect(dataset.classes).toEqual(['a', 'b']);
      expect((await dataset.read([1])).images.data).toEqual(Uint8Array.of(98, 2, 3));
    } finally {
      await rm(folder, { recursive: true });
    }
    await expect(listFolder(folder)).rejects.toThrow('ENOENT');
  });

  it('refuse what is no picture, by its path', async () => {
    const broken = imageFolder([file('a/b.png', Uint8Array.of(1, 2))], { size: 2 });
    await expect(broken.read([0])).rejects.toThrow(
      'imageFolder: a/b.png: decodeImage: the bytes are neither',
    );
    expect(() => imageFolder([file('b.png', Uint8Array.of(1))], { size: 2 })).toThrow(
      'imageFolder: b.png lies in no folder that names its class',
    );
    expect(() => imageFolder([], { size: 2 })).toThrow(
      'imageFolder: there are no PNG, JPEG, PGM or PPM files',
    );
    expect(() => imageFolder(files, { size: 0 })).toThrow('imageFolder: height and width must be positive');
    expect(() => imageFolder(files, { size: 2, channels: 2 as 1 })).toThrow('channels must be 1 or 3, got 2');
    const large = imageFolder(files, { size: 2, maximumPixels: 4 });
    await expect(large.read([0])).rejects.toThrow(
      'pets/cats/tom.PPM: decodeImage: PNM: 6 × 2 pixels are more than 4',
    );
  });
});
