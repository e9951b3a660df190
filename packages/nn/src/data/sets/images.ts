import type { HostArray } from '../dataset.js';

/** Grey pictures with their classes. */
export type GreyImages = {
  /** float32 `[samples, 1, height, width]` in [0, 1]: bytes with the scale 1/255. */
  readonly images: HostArray;
  /** int32 `[samples]`, from 0. */
  readonly labels: HostArray;
};

/** Pictures and classes from bytes. */
export const greyImages = (
  pixels: Uint8Array,
  labels: Uint8Array,
  height: number,
  width: number,
): GreyImages => ({
  images: { data: pixels, shape: [labels.length, 1, height, width], dtype: 'float32', scale: 1 / 255 },
  labels: { data: Int32Array.from(labels), shape: [labels.length], dtype: 'int32' },
});
