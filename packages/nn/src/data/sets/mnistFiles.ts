import { formatShape } from '@evenkeel/tensor';
import { type Columns, columns } from '../dataset.js';
import { type GreyImages, greyImages } from './images.js';

/** Elements of an IDX file: MNIST with all of EMNIST has 0.6 · 10⁹. */
const mostElements = 2 ** 30;

/**
 * Samples from a pair of IDX files, gzipped or not, such as `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`
 * of MNIST (60,000 digits, 28 × 28), Fashion-MNIST or EMNIST: `images` `[n, 1, height, width]` in [0, 1] and `labels`
 * `[n]`, in the order of the files.
 * @param images unsigned bytes with three axes
 * @param labels unsigned bytes with one axis
 * @throws RangeError for files that are malformed, cut, too long, or do not belong together
 */
export async function mnistFiles(images: Uint8Array, labels: Uint8Array): Promise<Columns<GreyImages>> {
  const pixels = await readIdx('images', images, 3);
  const classes = await readIdx('labels', labels, 1);
  const [count, height, width] = pixels.shape as [number, number, number];
  if (classes.shape[0] !== count)
    throw new RangeError(`mnistFiles: ${count} images, but ${classes.shape[0]} labels`);
  return columns(greyImages(pixels.data, classes.data, height, width));
}

/** Bytes with a shape. */
interface ByteArray {
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

/** Reads an IDX file of unsigned bytes: two zeros, the type 8, the number of axes, their lengths, the elements. */
async function readIdx(name: string, file: Uint8Array, rank: number): Promise<ByteArray> {
  const fail = (what: string) => new RangeError(`mnistFiles: ${name}: ${what}`);
  const reader = readerOf(name, file);
  const header = await reader.read(4 + 4 * rank);
  const magic = Array.from(header.subarray(0, 4));
  if (magic.join() !== `0,0,8,${rank}`) {
    const got = magic.join(', ') || 'nothing';
    throw fail(`expected an IDX file that begins with 0, 0, 8, ${rank}, got ${got}`);
  }
  if (header.length < 4 + 4 * rank) throw fail(`the header ends after ${header.length} bytes`);
  const view = new DataView(header.buffer, header.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (size === 0 || size > mostElements)
    throw fail(`the shape ${formatShape(shape)} has ${size} elements, expected 1 to ${mostElements}`);
  const data = await reader.read(size);
  if (data.length < size)
    throw fail(`${formatShape(shape)} wants ${size} bytes, and the file has ${data.length}`);
  if ((await reader.read(1)).length > 0)
    throw fail(`there are bytes behind the ${size} of ${formatShape(shape)}`);
  await reader.end();
  return { data, shape };
}

interface Reader {
  /** The next bytes: as many as are asked for, or as there are. */
  read(length: number): Promise<Uint8Array>;
  end(): Promise<void>;
}

/** Reads a file piece by piece, so that a gzipped one is never unpacked further than was asked for. */
function readerOf(name: string, file: Uint8Array): Reader {
  const whole = new Blob([file as Uint8Array<ArrayBuffer>]).stream();
  const zipped = file[0] === 0x1f && file[1] === 0x8b;
  const stream = (zipped ? whole.pipeThrough(new DecompressionStream('gzip')) : whole).getReader();
  let rest = new Uint8Array();
  const next = () =>
    stream.read().catch((error: unknown) => {
      throw new RangeError(`mnistFiles: ${name}: not gzip as it begins: ${(error as Error).message}`);
    });
  return {
    async read(length) {
      const pieces = [];
      let missing = length;
      for (;;) {
        pieces.push(rest.subarray(0, missing));
        missing -= pieces.at(-1)!.length;
        rest = rest.subarray(pieces.at(-1)!.length);
        if (missing === 0) break;
        const { done, value } = await next();
        if (done) break;
        rest = value;
      }
      const read = new Uint8Array(length - missing);
      let at = 0;
      for (const piece of pieces) {
        read.set(piece, at);
        at += piece.length;
      }
      return read;
    },
    end: () => stream.cancel(),
  };
}
