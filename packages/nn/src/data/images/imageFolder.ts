import type { Dataset, HostArray } from '../dataset.js';
import { requireIndices } from '../dataset.js';
import { type DecodeImageOptions, decodeImage } from './decodeImage.js';
import { coverSize, requireSize, withChannels } from './image.js';

/** A file that can be read: see `listFolder` in Node and `listFiles` in a page. */
export interface ImageFile {
  /** With `/` or `\` between folders. */
  readonly path: string;
  read(): Promise<Uint8Array>;
}

/** Pictures and what they show. */
export type FolderImages = {
  /** Bytes that stand for float32 in [0, 1]: `[n, channels, height, width]` */
  readonly images: HostArray;
  /** int32 `[n]`: the place of the class among the classes. */
  readonly labels: HostArray;
};

/** A data set of pictures in folders. */
export interface ImageFolder extends Dataset<FolderImages> {
  /** The names of the folders, in ascending order. */
  readonly classes: readonly string[];
  /** Of the samples, in their order. */
  readonly paths: readonly string[];
  /** Of the samples, in their order, for `stratifiedSplit` and the like. */
  readonly labels: Int32Array;
}

/** What the pictures become. */
export interface ImageFolderOptions extends DecodeImageOptions {
  /** Height and width, or the side of a square. Pictures are resized until they cover it, and cropped around the middle. */
  readonly size: number | readonly [height: number, width: number];
  /** 1 for grey, or 3, unless said. */
  readonly channels?: 1 | 3;
}

/**
 * Pictures whose class is the folder in which they lie. They are read and decoded when a batch needs them. Files whose
 * names do not end as those of PNG, JPEG, PGM or PPM files are left out; the others are in the order of their paths.
 * @throws RangeError for no pictures, or for one in no folder; when reading, as `decodeImage`, with the path
 */
export function imageFolder(
  files: Iterable<ImageFile>,
  { size, channels = 3, ...limits }: ImageFolderOptions,
): ImageFolder {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  requireSize('imageFolder', height, width);
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`imageFolder: channels must be 1 or 3, got ${channels}`);
  }
  const pictures = [...files]
    .filter(({ path }) => /\.(png|jpe?g|pgm|ppm)$/i.test(path))
    .map((file) => ({ path: file.path, read: () => file.read(), folder: folderOf(file.path) }))
    .sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  if (pictures.length === 0) throw new RangeError('imageFolder: there are no PNG, JPEG, PGM or PPM files');
  const classes = [...new Set(pictures.map(({ folder }) => folder))].sort();
  const labels = Int32Array.from(pictures, ({ folder }) => classes.indexOf(folder));
  const pixelsOf = async (index: number): Promise<Uint8Array> => {
    const { path, read } = pictures[index]!;
    try {
      const image = withChannels(await decodeImage(await read(), limits), channels);
      return channelsFirst(coverSize(image, height, width).pixels, channels);
    } catch (error) {
      throw new RangeError(`imageFolder: ${path}: ${(error as Error).message}`, { cause: error });
    }
  };
  return {
    length: pictures.length,
    classes,
    paths: pictures.map(({ path }) => path),
    labels,
    async read(indices) {
      requireIndices('read', indices, pictures.length);
      const data = new Uint8Array(indices.length * channels * height * width);
      const images = await Promise.all(indices.map(pixelsOf));
      images.forEach((pixels, i) => {
        data.set(pixels, i * pixels.length);
      });
      const shape = [indices.length, channels, height, width];
      return {
        images: { data, shape, dtype: 'float32', scale: 1 / 255 },
        labels: {
          data: Int32Array.from(indices, (index) => labels[index]!),
          shape: [indices.length],
          dtype: 'int32',
        },
      };
    },
  };
}

/** What a page's file input or a drop gives. */
export interface PageFile {
  readonly name: string;
  /** The path from the folder that was chosen; empty for a file that was chosen by itself. */
  readonly webkitRelativePath?: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The files of a page's `<input type="file" webkitdirectory>` for `imageFolder`. */
export const listFiles = (files: Iterable<PageFile>): ImageFile[] =>
  Array.from(files, (file) => ({
    path: file.webkitRelativePath || file.name,
    read: async () => new Uint8Array(await file.arrayBuffer()),
  }));

function folderOf(path: string): string {
  const folder = path.split(/[/\\]/).at(-2);
  if (!folder) throw new RangeError(`imageFolder: ${path} lies in no folder that names its class`);
  return folder;
}

function channelsFirst(pixels: Uint8Array, channels: number): Uint8Array {
  const size = pixels.length / channels;
  return pixels.map((_, i) => pixels[(i % size) * channels + Math.floor(i / size)]!);
}
