import { ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sum } from './broadcast.js';
import { div, equal, greater, where } from './elementwise.js';
import { ones } from './fill.js';
import { iota } from './gather.js';
import { slice, transpose } from './movement.js';
import { argMax, mean } from './reduce.js';
import {
  type Padding,
  type PerAxis,
  perAxis,
  positionsOf,
  unfold,
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

interface Pooled extends Windows {
  /** ONNX's operator that does the same, but for NaN. */
  readonly operator: 'MaxPool' | 'AveragePool';
  readonly countPadding: boolean;
}

/** What has been made of images, next to the images: files say with one operator how. */
const pooledPrimitive: Primitive<Pooled> = {
  name: 'pooled',
  infer: ([pooled]) => ({ shape: pooled!.shape, dtype: pooled!.dtype }),
  vjp: (cotangent) => [cotangent, undefined],
  emit(emitter, [pooled, images], { attributes, output: { dtype } }) {
    if (!emitter.target.file || dtype !== 'float32') return pooled!;
    const { operator, countPadding, kernel, strides, before, after } = attributes;
    return emitter.operator(operator, [images!], {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      pads: { ints: [...before, ...after] },
      ...(operator === 'AveragePool' && { count_include_pad: { int: Number(countPadding) } }),
    });
  },
};

/** Cuts images into windows, and lets `reduce` take [n, c, taps, windows] to [n, c, windows]. */
function pool(
  name: string,
  x: Tensor,
  { kernel, strides = kernel, padding = 0 }: PoolOptions,
  form: Pick<Pooled, 'operator' | 'countPadding'>,
  reduce: (columns: Tensor, images: Tensor, windows: Windows) => Tensor,
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
  const shape = [...x.shape.slice(0, 2), ...positionsOf(name, size, given)];
  const [images, windows] = x.rank === 3 ? [withRows(x), windowsWithRows(given)] : [x, given];
  const reduced = reduce(columnsOf(images, windows), images, windows);
  const positions = positionsOf(name, images.shape.slice(2), windows);
  const pooled = reshape(reduced, [...images.shape.slice(0, 2), ...positions]);
  return reshape(apply(pooledPrimitive, [pooled, images], { ...windows, ...form }), shape);
}

/** As `unfold`; windows that lie side by side need no more than a transposition. */
function columnsOf(images: Tensor, windows: Windows): Tensor {
  const { kernel, strides, before, after } = windows;
  const sideBySide =
    kernel.every((n, i) => n === strides[i]) && [...before, ...after].every((zeros) => zeros === 0);
  if (!sideBySide) return unfold(images, windows);
  const [n, c, ...size] = images.shape as [number, number, number, number];
  const [rows, columns] = positionsOf('pool', size, windows) as [number, number];
  const [height, width] = kernel as [number, number];
  const whole = slice(images, [], [n, c, rows * height, columns * width]);
  const blocks = transpose(reshape(whole, [n, c, rows, height, columns, width]), [0, 1, 3, 5, 2, 4]);
  return reshape(blocks, [n, c, height * width, rows * columns]);
}

/** How many pixels of the image lie under each tap of each window, 0 or 1: [1, 1, taps, windows]. */
const coverage = (images: Tensor, windows: Windows): Tensor =>
  unfold(ones([1, 1, ...images.shape.slice(2)], images.dtype), windows);

/**
 * Largest element of each window of [n, c, h, w] or [n, c, w]. Among equals the first takes all the gradient. NaN counts
 * as infinite, so that it is passed on.
 * @throws ShapeError when windows do not fit
 */
export const maxPool = (x: Tensor, options: PoolOptions): Tensor =>
  pool('maxPool', x, options, { operator: 'MaxPool', countPadding: false }, (columns, images, windows) => {
    const padded = [...windows.before, ...windows.after].some((zeros) => zeros > 0);
    const inside = padded ? where(greater(coverage(images, windows), 0), columns, -Infinity) : columns;
    const [n, c, taps, count] = columns.shape as [number, number, number, number];
    if (columns.size === 0) return sum(inside, { axis: 2 });
    const first = argMax(where(equal(inside, inside), inside, Infinity), 2);
    const winners = equal(reshape(first, [n, c, 1, count]), reshape(iota(taps), [taps, 1]));
    return sum(where(winners, inside, 0), { axis: 2 });
  });

/** Mean of each window of [n, c, h, w] or [n, c, w]. @throws ShapeError when windows do not fit */
export function averagePool(x: Tensor, options: AveragePoolOptions): Tensor {
  const { countPadding = true } = options;
  return pool(
    'averagePool',
    x,
    options,
    { operator: 'AveragePool', countPadding },
    (columns, images, windows) =>
      div(
        sum(columns, { axis: 2 }),
        countPadding ? sizeOf(windows.kernel) : sum(coverage(images, windows), { axis: 2 }),
      ),
  );
}

/** Mean of each channel: [n, c, h, w] or [n, c, w] → [n, c]. */
export function globalAveragePool(x: Tensor): Tensor {
  requireImages('globalAveragePool', x);
  return mean(x, { axis: x.shape.slice(2).map((_, axis) => axis + 2) });
}

/** Largest element of each channel: [n, c, h, w] or [n, c, w] → [n, c]; the first of equals takes all the gradient. */
export function globalMaxPool(x: Tensor): Tensor {
  requireImages('globalMaxPool', x);
  return reshape(maxPool(x, { kernel: x.shape.slice(2) }), x.shape.slice(0, 2));
}
