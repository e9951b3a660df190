import { ShapeError } from '../graph/errors.js';
import { formatShape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape } from './broadcast.js';
import { isNaN as isNotANumber, where } from './elementwise.js';
import { takeAlong } from './gather.js';
import { maxima } from './maxima.js';
import { argMax, mean } from './reduce.js';
import { windowMeans } from './windowMeans.js';
import {
  type Padding,
  type PerAxis,
  perAxis,
  type Windows,
  windowsOf,
  windowsWithRows,
  withRows,
} from './windows.js';

export interface PoolOptions {
  /** Lengths of the windows. */
  readonly kernel: PerAxis;
  /** Steps from window to window; the kernel's lengths unless said, so that windows do not overlap. */
  readonly strides?: PerAxis;
  /** Never the largest element; at most half of the kernel on each side. */
  readonly padding?: Padding;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether the zeros of the padding count as elements. True unless said. */
  readonly countPadding?: boolean;
}

function requireImages(name: string, x: Tensor): void {
  requireFloat(name, x);
  if (x.rank !== 3 && x.rank !== 4) {
    throw new ShapeError(`${name}: expected [n, c, w] or [n, c, h, w], got ${formatShape(x.shape)}`);
  }
}

/** Finds the windows of images, and lets `reduce` take [n, c, h, w] to [n, c, rows, columns]. */
function pool(
  name: string,
  x: Tensor,
  { kernel, strides = kernel, padding = 0 }: PoolOptions,
  reduce: (images: Tensor, windows: Windows) => Tensor,
): Tensor {
  requireImages(name, x);
  const size = x.shape.slice(2);
  const lengths = perAxis(name, 'kernel', kernel, size.length, 1);
  const given = windowsOf(name, size, lengths, { strides, padding });
  if (lengths.some((length, i) => Math.max(given.before[i]!, given.after[i]!) > length / 2)) {
    throw new ShapeError(
      `${name}: padding: got ${formatShape(given.before)} and ${formatShape(given.after)}, expected at most half of the kernel ${formatShape(lengths)}`,
    );
  }
  if (x.rank === 4) return reduce(x, given);
  const pooled = reduce(withRows(x), windowsWithRows(given));
  return reshape(pooled, [...x.shape.slice(0, 2), pooled.length(3)]);
}

/**
 * Largest element of each window of [n, c, h, w] or [n, c, w]. Among equals the first takes all the gradient. NaN is
 * passed on.
 * @throws ShapeError when windows do not fit
 */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor => pool('maxPool', x, options, maxima);

/** Mean of each window of [n, c, h, w] or [n, c, w]. @throws ShapeError when windows do not fit */
export function averagePool(x: Tensor, options: AveragePoolOptions): Tensor {
  const { countPadding = true } = options;
  return pool('averagePool', x, options, (images, windows) => windowMeans(images, windows, countPadding));
}

/** Mean of each channel: [n, c, h, w] or [n, c, w] → [n, c]. */
export function globalAveragePool(x: Tensor): Tensor {
  requireImages('globalAveragePool', x);
  return mean(x, { axis: x.shape.slice(2).map((_, axis) => axis + 2) });
}

/** Largest element of each channel: [n, c, h, w] or [n, c, w] → [n, c]; the first of equals takes all the gradient. */
export function globalMaxPool(x: Tensor): Tensor {
  requireImages('globalMaxPool', x);
  const [n, c, ...size] = x.shape as [number, number, ...number[]];
  if (sizeOf(size) === 0) throw new ShapeError(`globalMaxPool: no elements in ${formatShape(x.shape)}`);
  const pixels = reshape(x, [n, c, sizeOf(size)]);
  const first = argMax(where(isNotANumber(pixels), Infinity, pixels), 2);
  return reshape(takeAlong(pixels, reshape(first, [n, c, 1]), 2), [n, c]);
}
