import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape } from './broadcast.js';
import { emitBlockedConv, emitBlockedWeightGrad, fitsBlockedWeightGrad, fitsBlocks } from './convBlocked.js';
import {
  columnsShape,
  convAttributes,
  emitColumnsProduct,
  emitFlippedKernel,
  emitFoldedProduct,
  emitGathered,
  emitIdentityConv,
  emitPerTap,
  flippedGeometry,
  flippedShape,
  type Geometry,
  isWrongOnGpus,
  prefersFlippedConv,
} from './convForms.js';
import { emitFilled, emitReshape } from './emit.js';
import {
  emitUnfold,
  type PerAxis,
  perAxis,
  positionsOf,
  type WindowOptions,
  windowsOf,
  windowsWithRows,
  withRows,
} from './windows.js';

// A convolution and its two gradients are each other's derivatives, so that the three are closed under differentiation.
// All have two spatial axes: images [n, c, h, w], weights [o, c / groups, h, w].

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
    if (output.dtype === 'float32' && !isWrongOnGpus(emitter, inputs[1]!.shape, attributes)) {
      return fitsBlocks(emitter, inputs[1]!.shape, attributes)
        ? emitBlockedConv(emitter, x!, w!, inputs[1]!.shape, attributes)
        : emitter.operator('Conv', [x!, w!], convAttributes(attributes));
    }
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
    const flipped = flippedGeometry(attributes);
    if (flipped) {
      const { shape } = inputs[1]!;
      const turned = flippedShape(shape, attributes.groups);
      const kernel = () => emitFlippedKernel(emitter, w!, shape, attributes.groups);
      if (fitsBlocks(emitter, turned, flipped))
        return emitBlockedConv(emitter, dy!, kernel(), turned, flipped);
      if (prefersFlippedConv(attributes, shape)) {
        return emitter.operator('Conv', [dy!, kernel()], convAttributes(flipped));
      }
    }
    const { kernel, strides, dilation, before, after, groups } = attributes;
    // On GPUs ONNX Runtime takes groups of one channel for depthwise, however many outputs they have.
    if (emitter.target.gpu && groups > 1) return emitFoldedProduct(emitter, dy!, w!, application);
    // What the strides left over in the forward direction.
    const rest = output.shape
      .slice(2)
      .map((n, i) => (n + before[i]! + after[i]! - dilation[i]! * (kernel[i]! - 1) - 1) % strides[i]!);
    return emitter.operator('ConvTranspose', [dy!, w!], {
      ...convAttributes(attributes),
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
    // On a GPU the convolution that makes columns would be one of those that are wrong there.
    if (output.dtype === 'float64' || emitter.target.gpu) {
      return emitColumnsProduct(emitter, emitUnfold(emitter, x!, inputs[0]!, attributes), dy!, application);
    }
    if (fitsBlockedWeightGrad(emitter, application)) {
      return emitBlockedWeightGrad(emitter, x!, dy!, application);
    }
    // Measured: convolution makes columns fastest for few channels and for groups, slices for stride 1, gathering else.
    if (groups > 1 || inputs[0]!.shape[1]! < 8) {
      return emitColumnsProduct(emitter, emitIdentityConv(emitter, x!, application), dy!, application);
    }
    return (unit(strides, 1) ? emitPerTap : emitGathered)(emitter, x!, dy!, application);
  },
};

const convInputGrad = (dy: Tensor, w: Tensor, geometry: Geometry, shape: Shape): Tensor =>
  apply(convInputGradPrimitive, [dy, w], { ...geometry, shape });

const convWeightGrad = (x: Tensor, dy: Tensor, geometry: Geometry, shape: Shape): Tensor =>
  apply(convWeightGradPrimitive, [x, dy], { ...geometry, shape });

const isEmpty = ({ inputs, output }: { inputs: readonly Tensor[]; output: Tensor }): boolean =>
  output.size === 0 || inputs.some((input) => input.size === 0);

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
