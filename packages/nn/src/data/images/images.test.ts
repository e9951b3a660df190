import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centreCrop, decodeImage, type Image, resizeImage, withChannels } from '../../index.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly pixels: string;
}
interface Golden {
  readonly exact: readonly Case[];
  readonly photographs: readonly Case[];
  readonly resized: Omit<Case, 'name' | 'file'> & {
    readonly sizes: readonly { readonly height: number; readonly width: number; readonly pixels: string }[];
  };
}
const golden: Golden = JSON.parse(readFileSync(new URL('./golden.json', import.meta.url), 'utf8'));
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const fileOf = (name: string) =>
  bytesOf([...golden.exact, ...golden.photographs].find((each) => each.name === name)!.file);
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, each, i) => Math.max(most, Math.abs(each - b[i]!)), 0);

describe('decoding', () => {
  it.each(golden.exact)('gives the pixels that Pillow gives: $name', async ({ file, pixels, ...size }) => {
    const { name: _, ...expected } = { ...size, pixels: bytesOf(pixels) };
    expect(await decodeImage(bytesOf(file))).toEqual(expected);
  });

  it.each(golden.photographs)('JPEG is as near as its arithmetic allows: $name', async (each) => {
    const image = await decodeImage(bytesOf(each.file));
    expect([image.height, image.width, image.channels]).toEqual([each.height, each.width, 3]);
    // Pillow interpolates colours that are stored for two by two pixels, jpeg-js repeats them.
    expect(farthest(image.pixels, bytesOf(each.pixels))).toBeLessThanOrEqual(each.name === '4:2:0' ? 24 : 3);
  });

  it('refuses more pixels than allowed before it takes memory for them', async () => {
    const huge = fileOf('colours 8');
    new DataView(huge.buffer).setUint32(16, 2 ** 31);
    await expect(decodeImage(huge)).rejects.toThrow(
      'decodeImage: PNG: 2147483648 × 6 pixels are more than 33554432',
    );
    await expect(decodeImage(fileOf('pgm'), { maximumPixels: 34 })).rejects.toThrow(
      'decodeImage: PNM: 5 × 7 pixels are more than 34',
    );
    const wide = fileOf('grey');
    const frame = wide.findIndex((byte, i) => byte === 0xff && wide[i + 1] === 0xc0);
    wide.fill(0xff, frame + 5, frame + 9);
    await expect(decodeImage(wide)).rejects.toThrow('decodeImage: JPEG: maxResolutionInMP limit exceeded');
  });

  it('refuses data that inflate to more than the header says', async () => {
    const zeros = new Blob([new Uint8Array(50_000_000)]).stream();
    const bomb = new Uint8Array(
      await new Response(zeros.pipeThrough(new CompressionStream('deflate'))).arrayBuffer(),
    );
    const file = fileOf('grey 8');
    const from = Buffer.from(file).indexOf('IDAT') - 4;
    const whole = Buffer.concat([
      file.subarray(0, from),
      Buffer.alloc(4),
      Buffer.from('IDAT'),
      bomb,
      file.subarray(-16),
    ]);
    whole.writeUint32BE(bomb.length, from);
    await expect(decodeImage(whole)).rejects.toThrow(
      'decodeImage: PNG: the header wants 40 bytes, the data have more',
    );
  });

  it('refuses what is no image, and says so', async () => {
    const refused = async (bytes: Uint8Array, message: string) =>
      expect(decodeImage(bytes)).rejects.toThrow(message);
    await refused(new Uint8Array(0), 'decodeImage: the bytes are neither PNG nor JPEG, PGM or PPM');
    await refused(fileOf('grey 8').subarray(0, 40), 'decodeImage: PNG: the file ends within a chunk');
    await refused(fileOf('grey 8').subarray(0, 8), 'decodeImage: PNG: the file ends within a chunk');
    await refused(fileOf('4:2:0').subarray(0, 300), 'decodeImage: JPEG: the file ends before the image');
    await refused(
      fileOf('ppm').subarray(0, 30),
      'decodeImage: PNM: the header wants 90 bytes, the data have 19',
    );
    await refused(new TextEncoder().encode('P5 3 x 255\n'), 'decodeImage: PNM: there is no header');
    await refused(new TextEncoder().encode('P5 1 1 65535\nab'), 'values up to 65535 are not of 8 bits');
    const flipped = fileOf('grey 8');
    flipped[45]! ^= 0x10;
    await refused(flipped, 'decodeImage: PNG: ');
  });

  it('never does anything but refuse or decode when bytes are changed', async () => {
    const files = [...golden.exact, ...golden.photographs].map(({ file }) => bytesOf(file));
    const change = fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat(2000),
        async (file, changes, cut) => {
          const damaged = Uint8Array.from(file);
          for (const [at, byte] of changes) damaged[at % file.length] = byte;
          const part = cut < file.length ? damaged.subarray(0, cut) : damaged;
          const result = await decodeImage(part, { maximumPixels: 10_000 }).catch((error: Error) => error);
          if (result instanceof Error) expect(result.message).toMatch(/^decodeImage: /);
          else {
            expect(result.width * result.height).toBeLessThanOrEqual(10_000);
            expect(result.pixels).toHaveLength(result.width * result.height * result.channels);
          }
        },
      ),
      { numRuns: 400 },
    );
  }, 20_000);
});

describe('resizing', () => {
  const { height, width, channels, pixels, sizes } = golden.resized;
  const image: Image = { height, width, channels, pixels: bytesOf(pixels) };

  it.each(sizes)('to $height × $width gives what Pillow gives, to one level', (size) => {
    const resized = resizeImage(image, size.height, size.width);
    expect([resized.height, resized.width, resized.channels]).toEqual([size.height, size.width, 3]);
    expect(resized.pixels).toHaveLength(size.height * size.width * 3);
    expect(farthest(resized.pixels, bytesOf(size.pixels))).toBeLessThanOrEqual(1);
  });

  it('keeps an even image even', () => {
    const even: Image = { width: 7, height: 5, channels: 1, pixels: new Uint8Array(35).fill(200) };
    expect(new Set(resizeImage(even, 3, 13).pixels)).toEqual(new Set([200]));
    expect(() => resizeImage(even, 0, 3)).toThrow('resizeImage: height and width must be positive integers');
  });
});

describe('crops and channels', () => {
  const image: Image = {
    width: 4,
    height: 3,
    channels: 1,
    pixels: Uint8Array.from({ length: 12 }, (_, i) => i),
  };

  it('crop the middle', () => {
    expect(centreCrop(image, 1, 2)).toEqual({
      width: 2,
      height: 1,
      channels: 1,
      pixels: Uint8Array.of(5, 6),
    });
    expect(() => centreCrop(image, 4, 2)).toThrow('centreCrop: an image of 3 × 4 has no middle of 4 × 2');
  });

  it('turn colours to grey by their brightness, and grey to three equal channels', () => {
    const colours: Image = { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 0, 10, 20, 30) };
    expect(withChannels(colours, 1).pixels).toEqual(Uint8Array.of(76, 18));
    expect(withChannels(centreCrop(image, 1, 2), 3).pixels).toEqual(Uint8Array.of(5, 5, 5, 6, 6, 6));
    expect(withChannels(image, 1)).toBe(image);
  });
});
