import { formatShape, ShapeError } from '@evenkeel/tensor';
import { type Columns, columns, type HostArray } from '../dataset.js';
import { float32, valuesOf } from './arrays.js';
import type { LabelledImages } from './batches.js';
import { requireWhole } from './options.js';

/** Means over squares of size × size pixels: `[n, channels, height, width]` to both lengths divided, float32. */
export function poolPixels(where: string, images: HostArray, size: number): HostArray {
  requireWhole(where, { size });
  const [count, channels, height, width] = requireImages(where, images);
  if (height % size !== 0 || width % size !== 0) {
    throw new ShapeError(`${where}: images of ${height} × ${width} do not divide into squares of ${size}`);
  }
  const [rows, across] = [height / size, width / size];
  const pixels = valuesOf(images);
  const pooled = new Float64Array(count * channels * rows * across);
  for (let i = 0; i < pixels.length; i++) {
    const plane = Math.floor(i / (height * width));
    const y = Math.floor((i % (height * width)) / width / size);
    const x = Math.floor((i % width) / size);
    pooled[(plane * rows + y) * across + x]! += pixels[i]! / size ** 2;
  }
  return float32(pooled, [count, channels, rows, across]);
}

/** The four lengths of images `[n, channels, height, width]`; refuses other shapes. */
export function requireImages(where: string, images: HostArray): [number, number, number, number] {
  if (images.shape.length !== 4) {
    throw new ShapeError(
      `${where}: images: got shape ${formatShape(images.shape)}, expected [n, channels, height, width]`,
    );
  }
  return images.shape as unknown as [number, number, number, number];
}

/**
 * Smaller pictures by the mean of each square of pixels: digits of 28 × 28 become 14 × 14, as many small experiments
 * want them (arXiv 2310.08855, 2309.17230, 2501.15955, 1903.03088). Labels stay.
 * @param size side of the squares, in pixels; 2 unless said
 * @throws RangeError for a size that is not whole and positive; ShapeError unless it divides height and width
 */
export function poolImages(dataset: Columns<LabelledImages>, size = 2): Columns<LabelledImages> {
  const { images, labels } = dataset.columns;
  return columns({ images: poolPixels('poolImages', images, size), labels });
}
