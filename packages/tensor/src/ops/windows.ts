import type { DType } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { apply, type Emitter, type Primitive } from '../graph/primitive.js';
import { formatShape, type Shape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from './broadcast.js';
import { emitFilled, emitReshape } from './emit.js';

/** How a kernel moves over an image: one number for rows and one for columns. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  /** Zeros before the first row and column. */
  readonly before: readonly number[];
  /** Zeros after the last row and column. */
  readonly after: readonly number[];
}

/** One number for all spatial axes, or one for each. */
export type PerAxis = number | readonly number[];

/**
 * Zeros around the image: the same on all sides, or for each spatial axis a number or `[before, after]`; `'same'` pads
 * so that the output has ⌈length / stride⌉ positions, the odd zero after.
 */
export type Padding = 'same' | number | readonly (number | readonly [before: number, after: number])[];

export interface WindowOptions {
  readonly strides?: PerAxis;
  readonly padding?: Padding;
  readonly dilation?: PerAxis;
}

/** `value` once for each of `rank` spatial axes. @throws ShapeError unless all are integers of at least `least` */
export function perAxis(name: string, what: string, value: PerAxis, rank: number, least: number): number[] {
  const numbers = typeof value === 'number' ? Array.from({ length: rank }, () => value) : [...value];
  if (numbers.length !== rank || !numbers.every((n) => Number.isSafeInteger(n) && n >= least)) {
    throw new ShapeError(
      `${name}: ${what}: got ${formatShape(numbers)}, expected ${rank} integers of at least ${least}`,
    );
  }
  return numbers;
}

/** Lengths of the kernel's reach, with the gaps that dilation leaves. */
const reach = (kernel: readonly number[], dilation: readonly number[]): number[] =>
  kernel.map((length, axis) => dilation[axis]! * (length - 1) + 1);

/** The windows that the options describe on an image of the given size. @throws ShapeError for numbers that make no sense */
export function windowsOf(
  name: string,
  size: readonly number[],
  kernel: readonly number[],
  options: WindowOptions,
): Windows {
  const { padding = 0 } = options;
  const rank = size.length;
  const strides = perAxis(name, 'strides', options.strides ?? 1, rank, 1);
  const dilation = perAxis(name, 'dilation', options.dilation ?? 1, rank, 1);
  const spans = reach(perAxis(name, 'kernel', kernel, rank, 1), dilation);
  if (padding === 'same') {
    const totals = size.map((length, axis) =>
      Math.max(0, (Math.ceil(length / strides[axis]!) - 1) * strides[axis]! + spans[axis]! - length),
    );
    const before = totals.map((total) => Math.floor(total / 2));
    return { kernel, strides, dilation, before, after: totals.map((total, axis) => total - before[axis]!) };
  }
  const sides = typeof padding === 'number' ? size.map(() => padding) : padding;
  const side = (which: 0 | 1) =>
    perAxis(
      name,
      'padding',
      sides.map((each) => (typeof each === 'number' ? each : each[which])),
      rank,
      0,
    );
  return { kernel, strides, dilation, before: side(0), after: side(1) };
}

/** How many positions the kernel has on each axis. @throws ShapeError when it does not fit at all */
export function positionsOf(name: string, size: readonly number[], windows: Windows): number[] {
  const { kernel, strides, dilation, before, after } = windows;
  const spans = reach(kernel, dilation);
  return size.map((length, axis) => {
    const room = length + before[axis]! + after[axis]! - spans[axis]!;
    if (room < 0) {
      throw new ShapeError(
        `${name}: a kernel that reaches over ${formatShape(spans)} does not fit into ${formatShape(size)} with padding ${formatShape(before)} and ${formatShape(after)}`,
      );
    }
    return Math.floor(room / strides[axis]!) + 1;
  });
}

/** Walks over all taps of the kernel and all points of a grid, row-major, and writes down a number for each pair. */
function tabulate(
  kernel: readonly number[],
  grid: readonly number[],
  entry: (tap: readonly [number, number], point: readonly [number, number]) => number,
): Int32Array<ArrayBuffer> {
  const [rows, columns] = grid as [number, number];
  const table = new Int32Array(sizeOf(kernel) * rows * columns);
  let next = 0;
  for (let i = 0; i < kernel[0]!; i++) {
    for (let j = 0; j < kernel[1]!; j++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) table[next++] = entry([i, j], [row, column]);
      }
    }
  }
  return table;
}

/** For each tap and window the pixel under it, [taps · windows]; the number of pixels where there is only padding. */
export function pixelsUnderTaps(size: readonly number[], windows: Windows): Int32Array<ArrayBuffer> {
  const { kernel, strides, dilation, before } = windows;
  return tabulate(kernel, positionsOf('unfold', size, windows), (tap, position) => {
    const at = (axis: 0 | 1) => position[axis] * strides[axis]! + tap[axis] * dilation[axis]! - before[axis]!;
    const [row, column] = [at(0), at(1)];
    const inside = row >= 0 && row < size[0]! && column >= 0 && column < size[1]!;
    return inside ? row * size[1]! + column : sizeOf(size);
  });
}

/** For each tap and pixel the column that covers it, [taps · pixels]; the number of columns where none does. */
function columnsOverPixels(size: readonly number[], windows: Windows): Int32Array<ArrayBuffer> {
  const { kernel, strides, dilation, before } = windows;
  const positions = positionsOf('fold', size, windows);
  const count = sizeOf(positions);
  return tabulate(kernel, size, (tap, pixel) => {
    const at = (axis: 0 | 1) => (pixel[axis] + before[axis]! - tap[axis] * dilation[axis]!) / strides[axis]!;
    const [row, column] = [at(0), at(1)];
    const covered =
      Number.isInteger(row) &&
      Number.isInteger(column) &&
      row >= 0 &&
      row < positions[0]! &&
      column >= 0 &&
      column < positions[1]!;
    return covered
      ? (tap[0] * kernel[1]! + tap[1]) * count + row * positions[1]! + column
      : sizeOf(kernel) * count;
  });
}

/** Whether the windows neither overlap nor leave gaps, and need no padding. */
export const liesSideBySide = ({ kernel, strides, dilation, before, after }: Windows): boolean =>
  kernel.every((length, i) => length === strides[i] && (length === 1 || dilation[i] === 1)) &&
  [...before, ...after].every((zeros) => zeros === 0);

/** Elements along `axis` of `input` by index; one index past the end stands for a zero. */
export function emitGather(
  emitter: Emitter,
  input: string,
  type: { readonly shape: Shape; readonly dtype: DType },
  axis: number,
  index: Int32Array<ArrayBuffer>,
): string {
  const { shape, dtype } = type;
  const zero = () =>
    emitFilled(
      emitter,
      0,
      shape.map((length, each) => (each === axis ? 1 : length)),
      dtype,
    );
  const source = index.includes(shape[axis]!)
    ? emitter.operator('Concat', [input, zero()], { axis: { int: axis } })
    : input;
  return emitter.operator('Gather', [source, emitter.constant(index, 'int32')], { axis: { int: axis } });
}

/** Adds the form of `unfold`: [n, c, h, w] as [n, c, taps, windows]. */
export function emitUnfold(
  emitter: Emitter,
  input: string,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
  windows: Windows,
): string {
  const [n, c, ...size] = shape as [number, number, number, number];
  const flat = { shape: [n, c, sizeOf(size)], dtype };
  const columns = emitGather(
    emitter,
    emitReshape(emitter, input, flat.shape),
    flat,
    2,
    pixelsUnderTaps(size, windows),
  );
  const count = sizeOf(positionsOf('unfold', size, windows));
  return emitReshape(emitter, columns, [n, c, sizeOf(windows.kernel), count]);
}

/** Adds the form of `fold`: columns that reshape to [n, c, taps · windows] are added up to [n, c, h, w]. */
export function emitFold(
  emitter: Emitter,
  columns: string,
  { shape, dtype }: { readonly shape: Shape; readonly dtype: DType },
  windows: Windows,
): string {
  const [n, c, ...size] = shape as [number, number, number, number];
  const taps = sizeOf(windows.kernel);
  const flat = { shape: [n, c, taps * sizeOf(positionsOf('fold', size, windows))], dtype };
  const covering = emitGather(
    emitter,
    emitReshape(emitter, columns, flat.shape),
    flat,
    2,
    columnsOverPixels(size, windows),
  );
  const sums = emitter.operator(
    'ReduceSum',
    [emitReshape(emitter, covering, [n, c, taps, sizeOf(size)]), emitter.constant([2], 'int64')],
    { keepdims: { int: 0 } },
  );
  return emitReshape(emitter, sums, shape);
}

const unfoldPrimitive: Primitive<Windows> = {
  name: 'unfold',
  infer([input], windows) {
    const [n, c, ...size] = input!.shape as [number, number, number, number];
    return {
      shape: [n, c, sizeOf(windows.kernel), sizeOf(positionsOf('unfold', size, windows))],
      dtype: input!.dtype,
    };
  },
  vjp: (cotangent, { inputs: [input], attributes }) => [
    apply(foldPrimitive, [cotangent], { ...attributes, shape: input!.shape }),
  ],
  emit: (emitter, [input], { inputs: [tensor], attributes, output }) =>
    output.size === 0 || tensor!.size === 0
      ? emitFilled(emitter, 0, output.shape, output.dtype)
      : emitUnfold(emitter, input!, tensor!, attributes),
};

const foldPrimitive: Primitive<Windows & { readonly shape: Shape }> = {
  name: 'fold',
  infer: ([columns], { shape }) => ({ shape, dtype: columns!.dtype }),
  vjp: (cotangent, { attributes: { shape: _, ...windows } }) => [
    apply(unfoldPrimitive, [cotangent], windows),
  ],
  // By gathering for each pixel what covers it: additions then have one order, whatever the number of threads.
  emit: (emitter, [columns], { inputs: [tensor], attributes, output }) =>
    output.size === 0 || tensor!.size === 0
      ? emitFilled(emitter, 0, output.shape, output.dtype)
      : emitFold(emitter, columns!, output, attributes),
};

/** What lies under each tap of the kernel in each window: [n, c, h, w] → [n, c, taps, windows]; padding reads as 0. */
export const unfold = (input: Tensor, windows: Windows): Tensor => apply(unfoldPrimitive, [input], windows);

/** [n, c, w] as images with one row, [n, c, 1, w]. */
export const withRows = (tensor: Tensor): Tensor =>
  reshape(tensor, [...tensor.shape.slice(0, 2), 1, ...tensor.shape.slice(2)]);

/** The same windows on images with one row. */
export const windowsWithRows = ({ kernel, strides, dilation, before, after }: Windows): Windows => ({
  kernel: [1, ...kernel],
  strides: [1, ...strides],
  dilation: [1, ...dilation],
  before: [0, ...before],
  after: [0, ...after],
});
