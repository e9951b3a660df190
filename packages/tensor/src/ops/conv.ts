import { DTypeError, ShapeError } from '../graph/errors.js';
import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { formatShape, type Shape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape } from './broadcast.js';
import { emitExpand, emitFilled, emitReshape, emitTransposed } from './emit.js';
import {
  emitFold,
  emitGather,
  emitUnfold,
  type PerAxis,
  perAxis,
  pixelsUnderTaps,
  positionsOf,
  type WindowOptions,
  type Windows,
  windowsOf,
  windowsWithRows,
  withRows,
} from './windows.js';

// A convolution and its two gradients are each other's derivatives, so that the three are closed under differentiation.
// All have two spatial axes: images [n, c, h, w], weights [o, c / groups, h, w].

interface Geometry extends Windows {
  readonly groups: number;
}

export interface ConvOptions extends WindowOptions {
  /** Channels are cut into so many groups, each with its own weights; as many as channels is depthwise. 1 unless said. */
  readonly groups?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  readonly padding?: Exclude<WindowOptions['padding'], 'same' | undefined>;
  /** Rows and columns added after the last, fewer than the stride. 0 unless said. */
  readonly outputPadding?: PerAxis;
}

const convPrimitive: Primitive<Geometry> = {
  name: 'conv',
  infer([x, w], geometry) {
    const [n, , ...size] = x!.shape as [number, number, number, number];
    return { shape: [n, w!.shape[0]!, ...positionsOf('conv', size, geometry)], dtype: x!.dtype };
  },
  vjp: (cotangent, { inputs: [x, w], attributes }) => [
    convInputGrad(cotangent, w!, attributes, x!.shape),
    convWeightGrad(x!, cotangent, attributes, w!.shape),
  ],
  emit(emitter, [x, w], application) {
    const { inputs, attributes, output } = application;
    if (isEmpty(application)) return emitFilled(emitter, 0, output.shape, output.dtype);
    if (output.dtype === 'float32') return emitter.operator('Conv', [x!, w!], onnxAttributes(attributes));
    const { groups } = attributes;
    const [n, o] = output.shape as [number, number];
    const columns = emitReshape(
      emitter,
      emitUnfold(emitter, x!, inputs[0]!, attributes),
      columnsShape(inputs[0]!.shape, attributes),
    );
    const weights = emitReshape(emitter, w!, [groups, o / groups, inputs[1]!.size / o]);
    return emitReshape(emitter, emitter.operator('MatMul', [weights, columns]), [
      n,
      ...output.shape.slice(1),
    ]);
  },
};

const convInputGradPrimitive: Primitive<Geometry & { readonly shape: Shape }> = {
  name: 'convInputGrad',
  infer: ([cotangent], { shape }) => ({ shape, dtype: cotangent!.dtype }),
  vjp(cotangent, { inputs: [dy, w], attributes: { shape: _, ...geometry } }) {
    return [
      apply(convPrimitive, [cotangent, w!], geometry),
      convWeightGrad(cotangent, dy!, geometry, w!.shape),
    ];
  },
  emit(emitter, [dy, w], application) {
    const { inputs, attributes, output } = application;
    if (isEmpty(application)) return emitFilled(emitter, 0, output.shape, output.dtype);
    if (output.dtype === 'float64') return emitFoldedProduct(emitter, dy!, w!, application);
    if (prefersFlippedConv(attributes, inputs[1]!.shape)) {
      return emitFlippedConv(emitter, dy!, w!, attributes);
    }
    const { kernel, strides, dilation, before, after } = attributes;
    // What the strides left over in the forward direction.
    const rest = output.shape
      .slice(2)
      .map((n, i) => (n + before[i]! + after[i]! - dilation[i]! * (kernel[i]! - 1) - 1) % strides[i]!);
    return emitter.operator('ConvTranspose', [dy!, w!], {
      ...onnxAttributes(attributes),
      output_padding: { ints: rest },
    });
  },
};

const convWeightGradPrimitive: Primitive<Geometry & { readonly shape: Shape }> = {
  name: 'convWeightGrad',
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  vjp(cotangent, { inputs: [x, dy], attributes: { shape: _, ...geometry } }) {
    return [
      convInputGrad(dy!, cotangent, geometry, x!.shape),
      apply(convPrimitive, [x!, cotangent], geometry),
    ];
  },
  emit(emitter, [x, dy], application) {
    const { inputs, attributes, output } = application;
    if (isEmpty(application)) return emitFilled(emitter, 0, output.shape, output.dtype);
    const { kernel, strides, before, after, groups } = attributes;
    const unit = (numbers: readonly number[], number: number) => numbers.every((n) => n === number);
    if (unit(kernel, 1) && unit(strides, 1) && unit([...before, ...after], 0)) {
      return emitColumnsProduct(emitter, x!, dy!, application);
    }
    if (output.dtype === 'float64') {
      return emitColumnsProduct(emitter, emitUnfold(emitter, x!, inputs[0]!, attributes), dy!, application);
    }
    // Measured: convolution makes columns fastest for few channels and for groups, slices for stride 1, gathering else.
    if (groups > 1 || inputs[0]!.shape[1]! < 8) {
      return emitColumnsProduct(emitter, emitIdentityConv(emitter, x!, application), dy!, application);
    }
    return (unit(strides, 1) ? emitPerTap : emitGathered)(emitter, x!, dy!, application);
  },
};

type Gradient = Application<Geometry & { readonly shape: Shape }>;

const convInputGrad = (dy: Tensor, w: Tensor, geometry: Geometry, shape: Shape): Tensor =>
  apply(convInputGradPrimitive, [dy, w], { ...geometry, shape });

const convWeightGrad = (x: Tensor, dy: Tensor, geometry: Geometry, shape: Shape): Tensor =>
  apply(convWeightGradPrimitive, [x, dy], { ...geometry, shape });

const isEmpty = ({ inputs, output }: { inputs: readonly Tensor[]; output: Tensor }): boolean =>
  output.size === 0 || inputs.some((input) => input.size === 0);

const onnxAttributes = ({ kernel, strides, dilation, before, after, groups }: Geometry) => ({
  kernel_shape: { ints: kernel },
  strides: { ints: strides },
  dilations: { ints: dilation },
  pads: { ints: [...before, ...after] },
  group: { int: groups },
});

/** [n, groups, channels of a group · taps, windows] */
function columnsShape([n, c, ...size]: Shape, geometry: Geometry): Shape {
  const rows = (c! / geometry.groups) * sizeOf(geometry.kernel);
  return [n!, geometry.groups, rows, sizeOf(positionsOf('conv', size, geometry))];
}

const emitFused = (emitter: Emitter, a: string, b: string, side: 'transA' | 'transB'): string =>
  emitter.operator('FusedMatMul', [a, b], { [side]: { int: 1 } }, 'com.microsoft');

/** wᵀ · dy gives what each window adds to each pixel; fold adds it up. */
function emitFoldedProduct(
  emitter: Emitter,
  dy: string,
  w: string,
  { inputs, attributes, output }: Gradient,
): string {
  const { groups } = attributes;
  const [n, o, ...positions] = inputs[0]!.shape as [number, number, number, number];
  const weights = emitReshape(emitter, w, [groups, o / groups, inputs[1]!.size / o]);
  const outputs = emitReshape(emitter, dy, [n, groups, o / groups, sizeOf(positions)]);
  const transposed = emitTransposed(emitter, weights, [0, 2, 1]);
  return emitFold(emitter, emitter.operator('MatMul', [transposed, outputs]), output, attributes);
}

/** Measured: a convolution with the flipped kernel beats ConvTranspose for 3 × 3 on many channels, and depthwise. */
function prefersFlippedConv(geometry: Geometry, [o, c]: Shape): boolean {
  const { kernel, strides, dilation, before, after, groups } = geometry;
  const fits = kernel.every((n, i) => Math.max(before[i]!, after[i]!) <= dilation[i]! * (n - 1));
  const manyChannels = groups === 1 && c! >= 32 && kernel.every((n) => n === 3);
  const depthwise = groups > 1 && c === 1 && o === groups;
  return fits && strides.every((n) => n === 1) && (manyChannels || depthwise);
}

function emitFlippedConv(emitter: Emitter, dy: string, w: string, geometry: Geometry): string {
  const { kernel, dilation, before, after, groups } = geometry;
  const bounds = (number: number) => emitter.constant([number, number], 'int64');
  const flipped = emitter.operator('Slice', [
    w,
    bounds(-1),
    bounds(-(2 ** 31)),
    emitter.constant([2, 3], 'int64'),
    bounds(-1),
  ]);
  const swapped = groups === 1 ? emitTransposed(emitter, flipped, [1, 0, 2, 3]) : flipped;
  const complement = (side: readonly number[]) => side.map((n, i) => dilation[i]! * (kernel[i]! - 1) - n);
  return emitter.operator(
    'Conv',
    [dy, swapped],
    onnxAttributes({ ...geometry, before: complement(before), after: complement(after) }),
  );
}

/** dy · columnsᵀ for each image, added up. The columns reshape to [n, groups, channels of a group · taps, windows]. */
function emitColumnsProduct(
  emitter: Emitter,
  columns: string,
  dy: string,
  { inputs, attributes, output }: Gradient,
): string {
  const [n, o, ...positions] = inputs[1]!.shape as [number, number, number, number];
  const { groups } = attributes;
  const products = emitFused(
    emitter,
    emitReshape(emitter, dy, [n, groups, o / groups, sizeOf(positions)]),
    emitReshape(emitter, columns, columnsShape(inputs[0]!.shape, attributes)),
    'transB',
  );
  const total = emitter.operator('ReduceSum', [products, emitter.constant([0], 'int64')], {
    keepdims: { int: 0 },
  });
  return emitReshape(emitter, total, output.shape);
}

/** Columns by a convolution of each channel with kernels that have a single 1. */
function emitIdentityConv(emitter: Emitter, x: string, { inputs, attributes }: Gradient): string {
  const [channels, taps] = [inputs[0]!.shape[1]!, sizeOf(attributes.kernel)];
  const ones = Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0));
  const kernels = emitExpand(emitter, emitter.constant(ones, 'float32', [1, taps, taps]), [
    channels,
    taps,
    taps,
  ]);
  const weights = emitReshape(emitter, kernels, [channels * taps, 1, ...attributes.kernel]);
  return emitter.operator('Conv', [x, weights], onnxAttributes({ ...attributes, groups: channels }));
}

/** dy as [o, images · windows]. */
const emitOutputsFirst = (emitter: Emitter, dy: string, { shape: [n, o, ...positions] }: Tensor): string =>
  emitReshape(emitter, emitTransposed(emitter, dy, [1, 0, 2, 3]), [o!, n! * sizeOf(positions)]);

/** One product for each tap: dy with the pixels that the tap meets, channels last. */
function emitPerTap(
  emitter: Emitter,
  x: string,
  dy: string,
  { inputs, attributes, output }: Gradient,
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
function emitGathered(
  emitter: Emitter,
  x: string,
  dy: string,
  { inputs, attributes, output }: Gradient,
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

/** @throws ShapeError unless images and weights have the same one or two spatial axes, DTypeError unless one float dtype */
function requireImages(name: string, x: Tensor, w: Tensor, groups: number): void {
  requireFloat(name, x);
  if (x.dtype !== w.dtype) {
    throw new DTypeError(`${name}: dtypes differ: ${x.dtype} and ${w.dtype}; convert one with cast()`);
  }
  if ((x.rank !== 3 && x.rank !== 4) || w.rank !== x.rank) {
    throw new ShapeError(
      `${name}: expected [n, c, w] or [n, c, h, w] and weights of the same rank, got ${formatShape(x.shape)} and ${formatShape(w.shape)}`,
    );
  }
  if (!(Number.isSafeInteger(groups) && groups >= 1)) {
    throw new ShapeError(`${name}: groups: got ${groups}, expected an integer of at least 1`);
  }
}

/**
 * Convolution, as networks have it: the kernel is not flipped. x [n, c, h, w] and w [o, c / groups, kh, kw] give
 * [n, o, h', w'] with h' = ⌊(h + padding - dilation · (kh - 1) - 1) / stride⌋ + 1; both without h for one spatial axis.
 * Strides and dilation are 1 and padding is 0 unless said.
 * @throws ShapeError when channels, groups or sizes do not fit; DTypeError unless both are the same floating-point dtype
 */
export function conv(x: Tensor, w: Tensor, options: ConvOptions = {}): Tensor {
  const { groups = 1 } = options;
  requireImages('conv', x, w, groups);
  if (x.length(1) !== w.length(1) * groups || w.length(0) % groups !== 0) {
    throw new ShapeError(
      `conv: channels differ: ${formatShape(x.shape)} and weights ${formatShape(w.shape)} with ${groups} groups`,
    );
  }
  const windows = windowsOf('conv', x.shape.slice(2), w.shape.slice(2), options);
  if (x.rank === 4) return apply(convPrimitive, [x, w], { ...windows, groups });
  const rows = apply(convPrimitive, [withRows(x), withRows(w)], { ...windowsWithRows(windows), groups });
  return reshape(rows, [...rows.shape.slice(0, 2), rows.length(3)]);
}

/**
 * Transposed convolution: the gradient of `conv` by its input. x [n, c, h, w] and w [c, o / groups, kh, kw] give
 * [n, o, h', w'] with h' = (h - 1) · stride - padding + dilation · (kh - 1) + 1 + outputPadding; both without h for one
 * spatial axis.
 * @throws ShapeError when channels, groups or sizes do not fit; DTypeError unless both are the same floating-point dtype
 */
export function convTranspose(x: Tensor, w: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const { groups = 1, outputPadding = 0 } = options;
  requireImages('convTranspose', x, w, groups);
  if (x.length(1) !== w.length(0) || w.length(0) % groups !== 0) {
    throw new ShapeError(
      `convTranspose: channels differ: ${formatShape(x.shape)} and weights ${formatShape(w.shape)} with ${groups} groups`,
    );
  }
  const windows = windowsOf('convTranspose', x.shape.slice(2), w.shape.slice(2), options);
  const extra = perAxis('convTranspose', 'outputPadding', outputPadding, x.rank - 2, 0);
  const { kernel, strides, dilation, before, after } = windows;
  if (extra.some((n, i) => n >= strides[i]!)) {
    throw new ShapeError(
      `convTranspose: outputPadding: got ${formatShape(extra)}, expected less than the strides ${formatShape(strides)}`,
    );
  }
  const size = x.shape
    .slice(2)
    .map(
      (n, i) =>
        (n - 1) * strides[i]! - before[i]! - after[i]! + dilation[i]! * (kernel[i]! - 1) + 1 + extra[i]!,
    );
  if (x.shape.slice(2).some((n) => n === 0) || size.some((n) => n < 1)) {
    throw new ShapeError(`convTranspose: no output is left of ${formatShape(x.shape)}: ${formatShape(size)}`);
  }
  const channels = w.length(1) * groups;
  const shape = [x.length(0), channels];
  if (x.rank === 4) return convInputGrad(x, w, { ...windows, groups }, [...shape, ...size]);
  const geometry = { ...windowsWithRows(windows), groups };
  const rows = convInputGrad(withRows(x), withRows(w), geometry, [...shape, 1, ...size]);
  return reshape(rows, [...shape, ...size]);
}
