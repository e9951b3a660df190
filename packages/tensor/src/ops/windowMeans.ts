import type { DType } from '../graph/dtype.js';
import { apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { div } from './elementwise.js';
import { emitFilled, emitReshape } from './emit.js';
import { ones } from './fill.js';
import { emitFold, emitUnfold, liesSideBySide, positionsOf, type Windows } from './windows.js';

// The mean of every window, and the transpose of that with the padding counted as zeros, which spreads what comes over the
// window. They are closed under differentiation.

interface Means extends Windows {
  /** Whether the padding counts as zeros. */
  readonly countPadding: boolean;
}

const meansPrimitive: Primitive<Means> = {
  name: 'windowMeans',
  infer: ([x], windows) => ({
    shape: [...x!.shape.slice(0, 2), ...positionsOf('averagePool', x!.shape.slice(2), windows)],
    dtype: x!.dtype,
  }),
  vjp(cotangent, { inputs: [x], attributes: { countPadding, ...windows } }) {
    const { shape, dtype } = x!;
    const inside = () => windowMeans(ones([1, 1, ...shape.slice(2)], dtype), windows, true);
    const share = countPadding ? cotangent : div(cotangent, inside());
    return [apply(spreadPrimitive, [share], { ...windows, shape })];
  },
  emit(emitter, [x], { inputs: [input], attributes, output }) {
    const { shape, dtype, size } = output;
    if (size === 0) return emitFilled(emitter, 0, shape, dtype);
    const { kernel, strides, before, after, countPadding } = attributes;
    if (dtype === 'float64') {
      const means = (images: string, type: { shape: Shape; dtype: DType }) => {
        const columns = emitUnfold(emitter, images, type, attributes);
        return emitter.operator('ReduceMean', [columns, emitter.constant([2], 'int64')]);
      };
      const type = { shape: [1, 1, ...input!.shape.slice(2)], dtype };
      const inside = () => means(emitFilled(emitter, 1, type.shape, dtype), type);
      const all = means(x!, input!);
      return emitReshape(emitter, countPadding ? all : emitter.operator('Div', [all, inside()]), shape);
    }
    return emitter.operator('AveragePool', [x!], {
      kernel_shape: { ints: kernel },
      strides: { ints: strides },
      pads: { ints: [...before, ...after] },
      count_include_pad: { int: Number(countPadding) },
    });
  },
};

const spreadPrimitive: Primitive<Windows & { readonly shape: Shape }> = {
  name: 'spreadMeans',
  infer: ([y], { shape }) => ({ shape, dtype: y!.dtype }),
  vjp: (cotangent, { attributes: { shape: _, ...windows } }) => [windowMeans(cotangent, windows, true)],
  emit(emitter, [y], { inputs: [input], attributes, output }) {
    const { shape, dtype, size } = output;
    if (size === 0 || input!.size === 0) return emitFilled(emitter, 0, shape, dtype);
    const { kernel } = attributes;
    const share = emitter.operator('Mul', [y!, emitter.constant([1 / sizeOf(kernel)], dtype, [])]);
    if (dtype === 'float64') {
      const [n, c, ...positions] = input!.shape as [number, number, number, number];
      const columns = [n, c, sizeOf(kernel), sizeOf(positions)];
      const each = emitReshape(emitter, share, [n, c, 1, sizeOf(positions)]);
      const spread = emitter.operator('Expand', [each, emitter.constant(columns, 'int64')]);
      return emitFold(emitter, spread, output, attributes);
    }
    return (liesSideBySide(attributes) ? emitRepeated : emitTransposedConv)(emitter, share, {
      from: input!.shape,
      to: shape,
      windows: attributes,
    });
  },
};

interface Spread {
  readonly from: Shape;
  readonly to: Shape;
  readonly windows: Windows;
}

/** Windows that do not overlap: every element fills its own. */
function emitRepeated(emitter: Emitter, share: string, { from, to, windows: { kernel } }: Spread): string {
  const scales = emitter.constant([1, 1, ...kernel], 'float32');
  const whole = emitter.operator('Resize', [share, '', scales], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
  const left = [0, 1].map((i) => to[2 + i]! - from[2 + i]! * kernel[i]!);
  return left.every((length) => length === 0)
    ? whole
    : emitter.operator('Pad', [whole, emitter.constant([0, 0, 0, 0, 0, 0, ...left], 'int64')]);
}

/** Every channel by itself is convolved with ones. */
function emitTransposedConv(emitter: Emitter, share: string, { from, to, windows }: Spread): string {
  const { kernel, strides, before, after } = windows;
  const [n, c, ...positions] = from as [number, number, number, number];
  const size = to.slice(2);
  const rest = size.map((length, i) => (length + before[i]! + after[i]! - kernel[i]!) % strides[i]!);
  const apart = emitReshape(emitter, share, [n * c, 1, ...positions]);
  const kernels = emitFilled(emitter, 1, [1, 1, ...kernel], 'float32');
  const spread = emitter.operator('ConvTranspose', [apart, kernels], {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    pads: { ints: [...before, ...after] },
    output_padding: { ints: rest },
  });
  return emitReshape(emitter, spread, to);
}

/** The mean of each window of x [n, c, h, w]. */
export const windowMeans = (x: Tensor, windows: Windows, countPadding: boolean): Tensor =>
  apply(meansPrimitive, [x], { ...windows, countPadding });
