import type { Application, Emitter } from '../graph/primitive.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { emitExpand, emitMatMul, emitReshape, emitTransposed } from './emit.js';
import { emitFold, emitGather, pixelsUnderTaps, positionsOf, type Windows } from './windows.js';

// The ONNX forms of convolution and its gradients that run everywhere.

/** How a convolution moves over its images, and how many groups its channels are cut into. */
export interface Geometry extends Windows {
  readonly groups: number;
}

/** A gradient of a convolution; `shape` is that of its output. */
export type ConvGradient = Application<Geometry & { readonly shape: Shape }>;

export const convAttributes = ({ kernel, strides, dilation, before, after, groups }: Geometry) => ({
  kernel_shape: { ints: kernel },
  strides: { ints: strides },
  dilations: { ints: dilation },
  pads: { ints: [...before, ...after] },
  group: { int: groups },
});

/** [n, groups, channels of a group · taps, windows] */
export function columnsShape([n, c, ...size]: Shape, geometry: Geometry): Shape {
  const rows = (c! / geometry.groups) * sizeOf(geometry.kernel);
  return [n!, geometry.groups, rows, sizeOf(positionsOf('conv', size, geometry))];
}

/** wᵀ · dy gives what each window adds to each pixel; fold adds it up. */
export function emitFoldedProduct(
  emitter: Emitter,
  dy: string,
  w: string,
  { inputs, attributes, output }: ConvGradient,
): string {
  const { groups } = attributes;
  const [n, o, ...positions] = inputs[0]!.shape as [number, number, number, number];
  const weights = emitReshape(emitter, w, [groups, o / groups, inputs[1]!.size / o]);
  const outputs = emitReshape(emitter, dy, [n, groups, o / groups, sizeOf(positions)]);
  const transposed = emitTransposed(emitter, weights, [0, 2, 1]);
  return emitFold(emitter, emitter.operator('MatMul', [transposed, outputs]), output, attributes);
}

/**
 * For strides of 1, the gradient by the images is a convolution with the flipped kernel: how that one moves. Undefined
 * for other strides, and for more padding than the kernel reaches over.
 */
export function flippedGeometry(geometry: Geometry): Geometry | undefined {
  const { kernel, strides, dilation } = geometry;
  const complement = (side: readonly number[]) => side.map((n, i) => dilation[i]! * (kernel[i]! - 1) - n);
  const [before, after] = [complement(geometry.before), complement(geometry.after)];
  const exists = strides.every((n) => n === 1) && [...before, ...after].every((n) => n >= 0);
  return exists ? { ...geometry, before, after } : undefined;
}

/** The shape of the flipped kernel, which has inputs and outputs the other way round. */
export const flippedShape = ([o, c, ...kernel]: Shape, groups: number): Shape => [
  c! * groups,
  o! / groups,
  ...kernel,
];

/** Weights of `shape` [o, c / groups, kh, kw] flipped in both directions, inputs and outputs changing places. */
export function emitFlippedKernel(emitter: Emitter, w: string, shape: Shape, groups: number): string {
  const [o, c, ...kernel] = shape as [number, number, number, number];
  const bounds = (number: number) => emitter.constant([number, number], 'int64');
  const axes = emitter.constant([2, 3], 'int64');
  const flipped =
    sizeOf(kernel) === 1
      ? w
      : emitter.operator('Slice', [w, bounds(-1), bounds(-(2 ** 31)), axes, bounds(-1)]);
  if (c === 1 && o === groups) return flipped;
  const byGroup = emitReshape(emitter, flipped, [groups, o / groups, c, ...kernel]);
  return emitReshape(emitter, emitTransposed(emitter, byGroup, [0, 2, 1, 3, 4]), flippedShape(shape, groups));
}

/**
 * ONNX Runtime computes up to four outputs at once on GPUs, as many as divide their number, and mixes groups up where that
 * does not divide the outputs of a group. With fewer than four outputs a group it takes another way.
 */
export function isWrongOnGpus(emitter: Emitter, [o]: Shape, { groups }: Geometry): boolean {
  const together = [4, 2, 1].find((count) => o! % count === 0)!;
  return emitter.target.gpu === true && o! / groups > 4 && (o! / groups) % together !== 0;
}

/** Measured: a convolution with the flipped kernel beats ConvTranspose for 1 × 1, for 3 × 3 on many channels, and depthwise. */
export function prefersFlippedConv({ groups, kernel }: Geometry, [o, c]: Shape): boolean {
  const square = (length: number) => kernel.every((n) => n === length);
  const manyChannels = groups === 1 && (square(1) || (c! >= 32 && square(3)));
  return manyChannels || (groups > 1 && c === 1 && o === groups);
}

/** dy · columnsᵀ for each image, added up. The columns reshape to [n, groups, channels of a group · taps, windows]. */
export function emitColumnsProduct(
  emitter: Emitter,
  columns: string,
  dy: string,
  { inputs, attributes, output }: ConvGradient,
): string {
  const [n, o, ...positions] = inputs[1]!.shape as [number, number, number, number];
  const { groups } = attributes;
  const products = emitMatMul(
    emitter,
    [
      emitReshape(emitter, dy, [n, groups, o / groups, sizeOf(positions)]),
      emitReshape(emitter, columns, columnsShape(inputs[0]!.shape, attributes)),
    ],
    [4, 4],
    [false, true],
  );
  const total = emitter.operator('ReduceSum', [products, emitter.constant([0], 'int64')], {
    keepdims: { int: 0 },
  });
  return emitReshape(emitter, total, output.shape);
}

/** Columns by a convolution of each channel with kernels that have a single 1. */
export function emitIdentityConv(emitter: Emitter, x: string, { inputs, attributes }: ConvGradient): string {
  const [channels, taps] = [inputs[0]!.shape[1]!, sizeOf(attributes.kernel)];
  const ones = Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0));
  const kernels = emitExpand(emitter, emitter.constant(ones, 'float32', [1, taps, taps]), [
    channels,
    taps,
    taps,
  ]);
  const weights = emitReshape(emitter, kernels, [channels * taps, 1, ...attributes.kernel]);
  return emitter.operator('Conv', [x, weights], convAttributes({ ...attributes, groups: channels }));
}

/** dy as [o, images · windows]. */
const emitOutputsFirst = (emitter: Emitter, dy: string, { shape: [n, o, ...positions] }: Tensor): string =>
  emitReshape(emitter, emitTransposed(emitter, dy, [1, 0, 2, 3]), [o!, n! * sizeOf(positions)]);

/** One product for each tap: dy with the pixels that the tap meets, channels last. */
export function emitPerTap(
  emitter: Emitter,
  x: string,
  dy: string,
  { inputs, attributes, output }: ConvGradient,
): string {
  const { kernel, dilation, before, after } = attributes;
  const [n, o, rows, columns] = inputs[1]!.shape as [number, number, number, number];
  const channels = inputs[0]!.shape[1]!;
  const padded = emitter.operator('Pad', [
    emitTransposed(emitter, x, [0, 2, 3, 1]),
    emitter.constant([0, ...before, 0, 0, ...after, 0], 'int64'),
  ]);
  const outputs = emitOutputsFirst(emitter, dy, inputs[1]!);
  const products = Array.from({ length: sizeOf(kernel) }, (_, tap) => {
    const start = [Math.floor(tap / kernel[1]!) * dilation[0]!, (tap % kernel[1]!) * dilation[1]!];
    const met = emitter.operator('Slice', [
      padded,
      emitter.constant(start, 'int64'),
      emitter.constant([start[0]! + rows, start[1]! + columns], 'int64'),
      emitter.constant([1, 2], 'int64'),
    ]);
    const pixels = emitReshape(emitter, met, [n * rows * columns, channels]);
    return emitReshape(emitter, emitter.operator('MatMul', [outputs, pixels]), [o, channels, 1]);
  });
  return emitReshape(emitter, emitter.operator('Concat', products, { axis: { int: 2 } }), output.shape);
}

/** One product with all columns, gathered channels last by an index that all images share. */
export function emitGathered(
  emitter: Emitter,
  x: string,
  dy: string,
  { inputs, attributes, output }: ConvGradient,
): string {
  const { kernel } = attributes;
  const [n, channels, ...size] = inputs[0]!.shape as [number, number, number, number];
  const [, o, ...positions] = inputs[1]!.shape as [number, number, number, number];
  const flat = { shape: [n, sizeOf(size), channels], dtype: output.dtype };
  const [taps, windows] = [sizeOf(kernel), sizeOf(positions)];
  const byTap = pixelsUnderTaps(size, attributes);
  const byWindow = byTap.map((_, i) => byTap[(i % taps) * windows + Math.floor(i / taps)]!);
  const pixels = emitReshape(emitter, emitTransposed(emitter, x, [0, 2, 3, 1]), flat.shape);
  const columns = emitReshape(emitter, emitGather(emitter, pixels, flat, 1, byWindow), [
    n * windows,
    taps * channels,
  ]);
  const product = emitter.operator('MatMul', [emitOutputsFirst(emitter, dy, inputs[1]!), columns]);
  return emitTransposed(emitter, emitReshape(emitter, product, [o, ...kernel, channels]), [0, 3, 1, 2]);
}
