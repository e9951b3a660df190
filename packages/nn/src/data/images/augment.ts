import { formatShape, ShapeError } from '@evenkeel/tensor';
import { type HostArray, type HostBatch, newLike, takeRows } from '../dataset.js';
import { logGamma } from '../gamma.js';
import type { RandomSource } from '../random.js';
import { requireSize } from './image.js';

/** A change of batches that draws on random numbers, for a loader's `augment`. The batch that it is given stays as it is. */
export type Augmentation = <Batch extends HostBatch>(batch: Batch, random: RandomSource) => Batch;

/** Which column is changed. */
export interface ColumnOption {
  /** Of images, `[n, channels, height, width]`; `images` unless said. */
  readonly column?: string;
}

/** One augmentation after the other. Each draws its own numbers, so that leaving one out does not change the others. */
export const augmentations =
  (...list: readonly Augmentation[]): Augmentation =>
  (batch, random) =>
    list.reduce((changed, augment, i) => augment(changed, random.fork(i)), batch);

/** How images are cropped. */
export interface RandomCropOptions extends ColumnOption {
  /** Height and width of the crop, or the side of a square; those of the images unless said. */
  readonly size?: number | readonly [height: number, width: number];
  /** Zeros that are added on each side before; 0 unless said. */
  readonly padding?: number;
}

/** A part of each image at a random place, all places alike. */
export function randomCrop({ size, padding = 0, column = 'images' }: RandomCropOptions = {}): Augmentation {
  requireCount('randomCrop', 'padding', padding);
  const asked = typeof size === 'number' ? ([size, size] as const) : size;
  if (asked) requireSize('randomCrop', ...asked);
  return (batch, random) => {
    const images = imagesOf('randomCrop', batch, column);
    const [, , height, width] = images.shape;
    const [newHeight, newWidth] = asked ?? [height, width];
    const [down, across] = [height + 2 * padding - newHeight, width + 2 * padding - newWidth];
    if (down < 0 || across < 0) {
      throw new ShapeError(
        `randomCrop: images of ${height} × ${width} with ${padding} around have no part of ${newHeight} × ${newWidth}`,
      );
    }
    const cropped = windows(images, newHeight, newWidth, () => [
      random.integer(down + 1) - padding,
      random.integer(across + 1) - padding,
    ]);
    return { ...batch, [column]: cropped };
  };
}

/** Moves each image by up to so many pixels up or down and left or right; zeros come in at the edge. */
export const randomShift = ({ pixels, column = 'images' }: ColumnOption & { readonly pixels: number }) => {
  requireCount('randomShift', 'pixels', pixels);
  return randomCrop({ padding: pixels, column });
};

/** Mirrors each image left to right, with a probability of 0.5 unless said. */
export function horizontalFlip({
  probability = 0.5,
  column = 'images',
}: ColumnOption & { readonly probability?: number } = {}): Augmentation {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`horizontalFlip: probability must be in [0, 1], got ${probability}`);
  }
  return (batch, random) => {
    const images = imagesOf('horizontalFlip', batch, column);
    const [count, , , width] = images.shape;
    const data = images.data.slice();
    for (let i = 0; i < count; i++) {
      if (random.uniform() >= probability) continue;
      const end = ((i + 1) * data.length) / count;
      for (let row = (i * data.length) / count; row < end; row += width) {
        data.subarray(row, row + width).reverse();
      }
    }
    return { ...batch, [column]: { ...images, data } };
  };
}

/**
 * A square of zeros in each image (arXiv 1708.04552), whose middle is any pixel alike, so that a part of it may be outside.
 * @param options `size`: its side in pixels
 */
export function cutout({ size, column = 'images' }: ColumnOption & { readonly size: number }): Augmentation {
  requireCount('cutout', 'size', size);
  return (batch, random) => {
    const images = imagesOf('cutout', batch, column);
    const [count, channels, height, width] = images.shape;
    const data = images.data.slice();
    for (let i = 0; i < count; i++) {
      const [first, last] = span(random.integer(height), size, height);
      const [left, right] = span(random.integer(width), size, width);
      for (let channel = 0; channel < channels; channel++) {
        for (let y = first; y < last; y++) {
          const row = ((i * channels + channel) * height + y) * width;
          data.fill(0, row + left, row + right);
        }
      }
    }
    return { ...batch, [column]: { ...images, data } };
  };
}

/** Adds normal noise to each value of a column of any shape. @param options `deviation`: its standard deviation, at least 0 */
export function noise({
  deviation,
  column = 'images',
}: ColumnOption & { readonly deviation: number }): Augmentation {
  if (!(deviation >= 0 && Number.isFinite(deviation))) {
    throw new RangeError(`noise: deviation must be at least 0, got ${deviation}`);
  }
  return (batch, random) => {
    const floats = floatsOf('noise', columnOf('noise', batch, column));
    const data = floats.data.map((value) => value + deviation * random.normal());
    return { ...batch, [column]: { ...floats, data } };
  };
}

/** What `mixup` adds to a batch. */
export type Mixture = {
  /** The labels of the images that were mixed in: of the shape and dtype of the labels. */
  readonly otherLabels: HostArray;
  /** float32 `[n]`: the share of the image whose label is in `labels`, the same for all images of a batch. */
  readonly share: HostArray;
};

/** How images are mixed. */
export interface MixupOptions extends ColumnOption {
  /** Of the distribution Beta(alpha, alpha) of the share, above 0; 0.2 unless said. */
  readonly alpha?: number;
  /** The column of labels; `labels` unless said. */
  readonly labels?: string;
}

/**
 * Mixes each image with another one of the batch (arXiv 1710.09412): λ x + (1 - λ) x′ with λ ~ Beta(α, α) for the batch.
 * The loss is then λ · loss(labels) + (1 - λ) · loss(otherLabels), with λ in the column `share`.
 */
export function mixup({ alpha = 0.2, column = 'images', labels = 'labels' }: MixupOptions = {}) {
  if (!(alpha > 0 && Number.isFinite(alpha))) {
    throw new RangeError(`mixup: alpha must be above 0, got ${alpha}`);
  }
  return <Batch extends HostBatch>(batch: Batch, random: RandomSource): Batch & Mixture => {
    const images = floatsOf('mixup', columnOf('mixup', batch, column));
    const count = images.shape[0]!;
    const share = 1 / (1 + Math.exp(logGamma(alpha, random) - logGamma(alpha, random)));
    const partners = random.permutation(count);
    const others = takeRows(images, partners).data;
    const data = images.data.map((value, i) => share * value + (1 - share) * others[i]!);
    return {
      ...batch,
      [column]: { ...images, data },
      otherLabels: takeRows(columnOf('mixup', batch, labels), partners),
      share: { data: new Float32Array(count).fill(share), shape: [count], dtype: 'float32' },
    };
  };
}

interface Images extends HostArray {
  readonly shape: readonly [count: number, channels: number, height: number, width: number];
}

function imagesOf(name: string, batch: HostBatch, column: string): Images {
  const images = columnOf(name, batch, column);
  if (images.shape.length !== 4) {
    throw new ShapeError(
      `${name}: ${column}: expected [n, channels, height, width], got ${formatShape(images.shape)}`,
    );
  }
  return images as Images;
}

function columnOf(name: string, batch: HostBatch, column: string): HostArray {
  const array = batch[column];
  if (!array)
    throw new RangeError(`${name}: there is no column ${column} among ${Object.keys(batch).join(', ')}`);
  return array;
}

/** The values that an array stands for, as floats of their dtype. */
function floatsOf(name: string, { data, shape, dtype, scale = 1 }: HostArray): HostArray {
  if (dtype !== 'float32' && dtype !== 'float64') {
    throw new RangeError(`${name}: expected float32 or float64, got ${dtype}`);
  }
  const floats = dtype === 'float64' ? new Float64Array(data.length) : new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) floats[i] = data[i]! * scale;
  return { data: floats, shape, dtype };
}

/** From each image the part of a size that begins at a row and a column, with zeros where it reaches over the edge. */
function windows(
  { shape: [count, channels, height, width], data, ...rest }: Images,
  newHeight: number,
  newWidth: number,
  corner: () => readonly [top: number, left: number],
): HostArray {
  const result = newLike(data, count * channels * newHeight * newWidth);
  for (let i = 0; i < count; i++) {
    const [top, left] = corner();
    const [from, to] = [Math.max(0, left), Math.min(width, left + newWidth)];
    for (let channel = i * channels; channel < (i + 1) * channels; channel++) {
      for (let y = Math.max(0, top); y < Math.min(height, top + newHeight); y++) {
        const row = (channel * height + y) * width;
        const newRow = (channel * newHeight + y - top) * newWidth;
        if (from < to) result.set(data.subarray(row + from, row + to), newRow + from - left);
      }
    }
  }
  return { ...rest, data: result, shape: [count, channels, newHeight, newWidth] };
}

/** What lies within `length` of a stretch of a size around a middle. */
function span(middle: number, size: number, length: number): readonly [from: number, to: number] {
  const from = middle - Math.floor(size / 2);
  return [Math.max(0, from), Math.min(length, from + size)];
}

function requireCount(name: string, option: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 0)) {
    throw new RangeError(`${name}: ${option} must be a non-negative integer, got ${value}`);
  }
}
