import { type Application, apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { type Shape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { emitFilled, emitReshape } from './emit.js';
import { emitFold, liesSideBySide, positionsOf, type Windows } from './windows.js';

// Taking values where each window has its maximum, and spreading values to there, are each other's transposes, so that
// the two are closed under differentiation. Among equals the first tap is the maximum.

const takeMaximaPrimitive: Primitive<Windows> = {
  name: 'takeMaxima',
  infer: ([x], windows) => ({
    shape: [...x!.shape.slice(0, 2), ...positionsOf('maxPool', x!.shape.slice(2), windows)],
    dtype: x!.dtype,
  }),
  vjp: (cotangent, { inputs: [x], attributes }) => [
    undefined,
    apply(spreadMaximaPrimitive, [x!, cotangent], attributes),
  ],
  emit(emitter, [x, values], application) {
    const { inputs, output, attributes } = application;
    if (output.size === 0) return emitFilled(emitter, 0, output.shape, output.dtype);
    // The one operator ignores NaN. Files have it all the same, for those who read them.
    if (emitter.target.file && x === values) return emitMaxPool(emitter, x!, attributes)[0];
    const taps = emitTaps(emitter, x!, inputs[0]!, attributes, -Infinity);
    const most = emitMost(emitter, taps);
    if (x === values) return most;
    const others = emitTaps(emitter, values!, inputs[1]!, attributes, 0);
    return taps.reduceRight(
      (rest, tap, i) => emitter.operator('Where', [emitter.operator('Equal', [tap, most]), others[i]!, rest]),
      others.at(-1)!,
    );
  },
};

const spreadMaximaPrimitive: Primitive<Windows> = {
  name: 'spreadMaxima',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp: (cotangent, { inputs: [x], attributes }) => [
    undefined,
    apply(takeMaximaPrimitive, [x!, cotangent], attributes),
  ],
  emit(emitter, [x, dy], application) {
    const { inputs, attributes, output } = application;
    if (output.size === 0 || inputs[1]!.size === 0) {
      return emitFilled(emitter, 0, output.shape, output.dtype);
    }
    const isApart = liesSideBySide(attributes);
    // Measured: where windows overlap, additions by index are fastest. GPUs have no indices of maxima.
    if (!isApart && !emitter.target.gpu) return emitScattered(emitter, x!, dy!, application);
    const shares = emitShares(emitter, x!, dy!, application);
    return (isApart ? emitSideBySide : emitOverlapping)(emitter, shares, application);
  },
};

/** The largest of `x` [n, c, h, w] in each window, with the derivative of the first that is. */
export const maxima = (x: Tensor, windows: Windows): Tensor => apply(takeMaximaPrimitive, [x, x], windows);

/** Value and index of each window's maximum. */
const emitMaxPool = (emitter: Emitter, x: string, { kernel, strides, dilation, before, after }: Windows) =>
  emitter.operators(2, 'MaxPool', [x], {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilation },
    pads: { ints: [...before, ...after] },
  }) as readonly [string, string];

/** For each tap what lies under it in all windows, [n, c, rows, columns]; `outside` where there is padding. */
function emitTaps(
  emitter: Emitter,
  images: string,
  { shape, dtype }: Tensor,
  windows: Windows,
  outside: number,
): string[] {
  const { kernel, strides, dilation, before, after } = windows;
  const counts = positionsOf('maxPool', shape.slice(2), windows);
  const longs = (numbers: readonly number[]) => emitter.constant(numbers, 'int64');
  const padded = [...before, ...after].every((zeros) => zeros === 0)
    ? images
    : emitter.operator('Pad', [
        images,
        longs([0, 0, ...before, 0, 0, ...after]),
        emitter.constant([outside], dtype, []),
      ]);
  return Array.from({ length: sizeOf(kernel) }, (_, tap) => {
    const place = [Math.floor(tap / kernel[1]!), tap % kernel[1]!];
    const starts = place.map((at, axis) => at * dilation[axis]!);
    const ends = starts.map((start, axis) => start + (counts[axis]! - 1) * strides[axis]! + 1);
    return emitter.operator('Slice', [padded, longs(starts), longs(ends), longs([2, 3]), longs(strides)]);
  });
}

const emitMost = (emitter: Emitter, taps: readonly string[]): string =>
  taps.reduce((most, tap) => emitter.operator('Max', [most, tap]));

/** What of `dy` each tap gets: all of it at the first tap that is the maximum. */
function emitShares(emitter: Emitter, x: string, dy: string, application: Application<Windows>): string[] {
  const { inputs, attributes, output } = application;
  const taps = emitTaps(emitter, x, inputs[0]!, attributes, -Infinity);
  const most = emitMost(emitter, taps);
  const zero = emitter.constant([0], output.dtype, []);
  let rest = dy;
  const shares = taps.slice(0, -1).map((tap) => {
    const wins = emitter.operator('Equal', [tap, most]);
    const share = emitter.operator('Where', [wins, rest, zero]);
    rest = emitter.operator('Where', [wins, zero, rest]);
    return share;
  });
  return [...shares, rest];
}

/** Windows that do not overlap: their taps are laid side by side again. */
function emitSideBySide(
  emitter: Emitter,
  shares: readonly string[],
  { inputs, attributes: { kernel }, output }: Application<Windows>,
): string {
  const [n, c, h, w] = output.shape as [number, number, number, number];
  const [rows, columns] = inputs[1]!.shape.slice(2) as [number, number];
  const [height, width] = kernel as [number, number];
  const concat = (parts: readonly string[], axis: number) =>
    parts.length === 1 ? parts[0]! : emitter.operator('Concat', parts, { axis: { int: axis } });
  const apart = shares.map((share) => emitReshape(emitter, share, [n, c, rows, columns, 1]));
  const lines = Array.from({ length: height }, (_, i) =>
    emitReshape(emitter, concat(apart.slice(i * width, (i + 1) * width), 4), [
      n,
      c,
      rows,
      1,
      columns * width,
    ]),
  );
  const whole = emitReshape(emitter, concat(lines, 3), [n, c, rows * height, columns * width]);
  // Rows and columns that no window reaches.
  const left = [h - rows * height, w - columns * width];
  return left.every((length) => length === 0)
    ? whole
    : emitter.operator('Pad', [whole, emitter.constant([0, 0, 0, 0, 0, 0, ...left], 'int64')]);
}

function emitOverlapping(
  emitter: Emitter,
  shares: readonly string[],
  { inputs, attributes, output }: Application<Windows>,
): string {
  const [n, c, rows, columns] = inputs[1]!.shape as [number, number, number, number];
  const flat = shares.map((share) => emitReshape(emitter, share, [n, c, rows * columns]));
  return emitFold(emitter, emitter.operator('Concat', flat, { axis: { int: 2 } }), output, attributes);
}

function emitScattered(
  emitter: Emitter,
  x: string,
  dy: string,
  { inputs, attributes, output }: Application<Windows>,
): string {
  const flat = (values: string, shape: Shape) => emitReshape(emitter, values, [sizeOf(shape)]);
  const [, indices] = emitMaxPool(emitter, x, attributes);
  // A window without a number above negative infinity has no index; it must not be outside of the image all the same.
  const within = emitter.operator('Max', [indices, emitter.constant([0], 'int64', [])]);
  const zeros = emitFilled(emitter, 0, [output.size], output.dtype);
  const { shape } = inputs[1]!;
  const sums = emitter.operator('ScatterElements', [zeros, flat(within, shape), flat(dy, shape)], {
    axis: { int: 0 },
    reduction: { string: 'add' },
  });
  return emitReshape(emitter, sums, output.shape);
}
