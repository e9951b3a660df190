import { ShapeError } from '../graph/errors.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sum } from './broadcast.js';
import { tensor } from './create.js';
import { abs, add, cast, less, maximum, minimum, mul, relu, sub, where } from './elementwise.js';
import { iota, take } from './gather.js';
import { requireImages } from './image.js';
import { matMul } from './matMul.js';
import { concat, slice, swapAxes } from './movement.js';
import { perAxis } from './windows.js';

export interface ResizeOptions {
  /** `nearest` takes the pixel at ⌊position⌋, `bicubic` mixes 4 × 4 pixels (Keys' kernel, a = -0.75). `bilinear` unless said. */
  readonly mode?: 'nearest' | 'bilinear' | 'bicubic';
  /**
   * Whether the centres of corner pixels coincide instead of the corners of the images. False unless said; `nearest` has
   * no such choice.
   */
  readonly alignCorners?: boolean;
}

/** Where the centres of `to` new pixels lie among `from` old ones, [to, 1]. */
function positions(from: number, to: number, alignCorners: boolean, dtype: Tensor['dtype']): Tensor {
  const counter = cast(iota(to), dtype);
  const centres = alignCorners
    ? mul(counter, to > 1 ? (from - 1) / (to - 1) : 0)
    : sub(mul(add(counter, 0.5), from / to), 0.5);
  return reshape(centres, [to, 1]);
}

// Weights are [to, from], computed from two ranges, so that models hold no matrices.

/** Beyond the outermost centres the edge is repeated. */
function linearWeights(position: Tensor, from: number): Tensor {
  const inside = minimum(maximum(position, 0), from - 1);
  return relu(sub(1, abs(sub(inside, cast(iota(from), position.dtype)))));
}

function cubicWeights(position: Tensor, from: number): Tensor {
  // Two more pixels on each side, whose weights then go to the edge.
  const distance = abs(sub(position, sub(cast(iota(from + 4), position.dtype), 2)));
  const near = add(mul(mul(distance, distance), sub(mul(distance, 1.25), 2.25)), 1);
  const far = add(mul(distance, add(mul(distance, add(mul(distance, -0.75), 3.75)), -6)), 3);
  const weights = where(less(distance, 1), near, where(less(distance, 2), far, 0));
  const columns = (start: number, end: number) => slice(weights, [0, start], [undefined, end]);
  const total = (start: number, end: number) => sum(columns(start, end), { axis: 1, keepAxes: true });
  return from === 1 ? total(0, 5) : concat([total(0, 3), columns(3, from + 1), total(from + 1, from + 4)], 1);
}

const nearestIndices = (from: number, to: number): Tensor =>
  tensor(Int32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to)));

function resized(
  name: string,
  x: Tensor,
  size: readonly [height: number, width: number],
  { mode = 'bilinear', alignCorners = false }: ResizeOptions,
): Tensor {
  requireFloat(name, x);
  const [, , h, w] = requireImages(name, x);
  const [height, width] = perAxis(name, 'size', size, 2, 1) as [number, number];
  if (h === 0 || w === 0) {
    throw new ShapeError(`${name}: expected pixels to resize, got ${formatShape(x.shape)}`);
  }
  if (mode === 'nearest') return take(take(x, nearestIndices(h, height), 2), nearestIndices(w, width), 3);
  const weights = { bilinear: linearWeights, bicubic: cubicWeights }[mode];
  if (!weights) throw new ShapeError(`${name}: mode: expected nearest, bilinear or bicubic, got ${mode}`);
  const resizeLast = (images: Tensor, from: number, to: number) =>
    matMul(images, weights(positions(from, to, alignCorners, x.dtype), from), { transposeB: true });
  return swapAxes(resizeLast(swapAxes(resizeLast(x, w, width), 2, 3), h, height), 2, 3);
}

/**
 * Resizes [n, c, h, w] to [n, c, ...size], as PyTorch's `interpolate` does without antialiasing: pixels are squares, beyond
 * the image its edge is repeated, and shrinking does not average.
 * @throws ShapeError unless both sizes are at least 1
 */
export const resize = (
  x: Tensor,
  size: readonly [height: number, width: number],
  options: ResizeOptions = {},
): Tensor => resized('resize', x, size, options);

/** `resize` by bilinear interpolation. */
export const resizeBilinear = (x: Tensor, size: readonly [height: number, width: number]): Tensor =>
  resized('resizeBilinear', x, size, {});
