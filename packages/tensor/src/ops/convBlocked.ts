import type { Emitter } from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import { type ConvGradient, convAttributes, type Geometry } from './convForms.js';
import { emitReshape, emitTransposed } from './emit.js';

// Forms of convolution in ONNX Runtime's blocked layout, [n, c / b, h, w, b], with blocks of b channels that fill a vector
// register. Its kernels need no columns and run near the processor's peak. ONNX Runtime takes them by itself only where
// the weights are constants; written out, they serve weights that are trained.

const emitInLayout = (
  emitter: Emitter,
  type: string,
  inputs: readonly string[],
  attributes: Parameters<Emitter['operator']>[2] = {},
): string => emitter.operator(type, inputs, attributes, 'com.microsoft.nchwc');

const emitBlocks = (emitter: Emitter, images: string): string =>
  emitInLayout(emitter, 'ReorderInput', [images]);

const emitPlain = (emitter: Emitter, images: string, channels: number): string =>
  emitInLayout(emitter, 'ReorderOutput', [images], { channels: { int: channels } });

const isDepthwise = ([o, c]: Shape, groups: number): boolean => groups > 1 && c === 1 && o === groups;

/** How many of a group's input channels stand side by side in the weights; undefined where the layout does not fit. */
function inputsSideBySide(
  { target: { channelBlock: block } }: Emitter,
  shape: Shape,
  { groups, kernel, strides }: Geometry,
): number | undefined {
  const [o, c] = shape as [number, number, number, number];
  if (block === undefined || o % block !== 0) return undefined;
  if (isDepthwise(shape, groups)) return 1;
  // A kernel of one point is a matrix product, which needs no other layout.
  if ((o / groups) % block !== 0 || [...kernel, ...strides].every((length) => length === 1)) return undefined;
  if (c % block === 0) return block;
  // The few channels of pictures are read as they are; for a single one, the general form is faster.
  return groups === 1 && c > 1 && c < block ? c : undefined;
}

/** Whether `emitBlockedConv` has a form for weights of this shape. */
export const fitsBlocks = (emitter: Emitter, shape: Shape, geometry: Geometry): boolean =>
  inputsSideBySide(emitter, shape, geometry) !== undefined;

/** x [n, c, h, w] convolved with w of `shape` [o, c / groups, kh, kw]. */
export function emitBlockedConv(
  emitter: Emitter,
  x: string,
  w: string,
  shape: Shape,
  geometry: Geometry,
): string {
  const [o, c, ...kernel] = shape as [number, number, number, number];
  const block = emitter.target.channelBlock!;
  const inputs = inputsSideBySide(emitter, shape, geometry)!;
  const isPicture = c < block && !isDepthwise(shape, geometry.groups);
  const split = emitReshape(emitter, w, [o / block, block, c / inputs, inputs, ...kernel]);
  const order = isPicture ? [0, 2, 3, 4, 5, 1] : [0, 2, 4, 5, 3, 1];
  const weights = emitReshape(emitter, emitTransposed(emitter, split, order), shape);
  const images = isPicture ? x : emitBlocks(emitter, x);
  return emitPlain(emitter, emitInLayout(emitter, 'Conv', [images, weights], convAttributes(geometry)), o);
}

/** How many channels the product for each weight needs to pay for turning the images round. */
const fewestChannels = 8;

/** Whether `emitBlockedWeightGrad` has a form. */
export function fitsBlockedWeightGrad(
  { target: { channelBlock: block } }: Emitter,
  { inputs, output, attributes: { groups } }: ConvGradient,
): boolean {
  if (block === undefined) return false;
  const [n, c] = inputs[0]!.shape as [number, number, number, number];
  if (isDepthwise(output.shape, groups)) return (n * c) % block === 0;
  return groups === 1 && n % block === 0 && output.shape[0]! % block === 0 && c >= fewestChannels;
}

/**
 * The gradient by the weights: the images convolved with the cotangents as kernels. Images and channels change places,
 * so that the sum runs over images; with a kernel for each channel, every image has its own sum first.
 */
export function emitBlockedWeightGrad(
  emitter: Emitter,
  x: string,
  dy: string,
  gradient: ConvGradient,
): string {
  const { inputs, attributes, output } = gradient;
  const block = emitter.target.channelBlock!;
  const [n, c, ...size] = inputs[0]!.shape as [number, number, number, number];
  const positions = inputs[1]!.shape.slice(2) as [number, number];
  const [o, , ...kernel] = output.shape as [number, number, number, number];
  const { strides, dilation, before, groups } = attributes;
  const after = positions.map(
    (count, i) => (count - 1) * strides[i]! + dilation[i]! * (kernel[i]! - 1) + 1 - size[i]! - before[i]!,
  );
  const swapped = { ...attributes, kernel: positions, strides: dilation, dilation: strides };
  const geometry: Geometry = { ...swapped, before: [0, 0], after: [0, 0] };
  const convolved = (images: string, shape: Shape, kernels: string, groups: number) =>
    emitInLayout(
      emitter,
      'Conv',
      [emitPadded(emitter, emitBlocks(emitter, images), [...shape, ...size], before, after), kernels],
      convAttributes({ ...geometry, groups }),
    );

  if (isDepthwise(output.shape, groups)) {
    const all = n * c;
    const flat = (images: string, size: Shape) => emitReshape(emitter, images, [1, all, ...size]);
    const kernels = emitReshape(emitter, emitBlocks(emitter, flat(dy, positions)), [all, 1, ...positions]);
    const sums = emitPlain(emitter, convolved(flat(x, size), [1, all], kernels, all), all);
    const byImage = emitReshape(emitter, sums, [n, o, 1, ...kernel]);
    return emitter.operator('ReduceSum', [byImage, emitter.constant([0], 'int64')], { keepdims: { int: 0 } });
  }
  const blocks = emitReshape(emitter, emitBlocks(emitter, dy), [
    n / block,
    block,
    o / block,
    ...positions,
    block,
  ]);
  const kernels = emitReshape(emitter, emitTransposed(emitter, blocks, [2, 0, 3, 4, 1, 5]), [
    o,
    n,
    ...positions,
  ]);
  const sums = emitPlain(emitter, convolved(emitTransposed(emitter, x, [1, 0, 2, 3]), [c, n], kernels, 1), o);
  return emitTransposed(emitter, sums, [1, 0, 2, 3]);
}

/** Zeros around images [n, c, h, w] in blocks; where a number is negative, rows or columns less. */
function emitPadded(
  emitter: Emitter,
  images: string,
  [n, c, h, w]: Shape,
  before: readonly number[],
  after: readonly number[],
): string {
  if ([...before, ...after].every((length) => length === 0)) return images;
  const block = emitter.target.channelBlock!;
  const rows = emitReshape(emitter, images, [(n! * c!) / block, h!, w! * block]);
  const pads = [0, before[0]!, before[1]! * block, 0, after[0]!, after[1]! * block];
  const padded = emitter.operator('Pad', [rows, emitter.constant(pads, 'int64')]);
  const size = [h! + before[0]! + after[0]!, w! + before[1]! + after[1]!];
  return emitReshape(emitter, padded, [n!, c!, ...size]);
}
