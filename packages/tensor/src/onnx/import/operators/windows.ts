import { isFloat } from '../../../graph/dtype.js';
import { ShapeError } from '../../../graph/errors.js';
import { formatShape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { type ReduceOptions, reshape, sum } from '../../../ops/broadcast.js';
import { type ConvOptions, conv, convTranspose } from '../../../ops/conv.js';
import { add, cast, div, equal, greater, where } from '../../../ops/elementwise.js';
import { ones } from '../../../ops/fill.js';
import { iota } from '../../../ops/gather.js';
import { maxPool, averagePool as windowAverages } from '../../../ops/pool.js';
import { argMax, max, mean } from '../../../ops/reduce.js';
import { unfold, type Windows, windowsWithRows, withRows } from '../../../ops/windows.js';
import type { Call, Operator, Operators, Result } from '../call.js';
import { tensorValue, Value } from '../value.js';
import { fusedActivation } from './activation.js';

/** How a kernel moves over an image of the given size, as a node's attributes say. */
function windowsOf(call: Call, size: readonly number[], kernel: readonly number[]): Windows {
  const rank = size.length;
  const each = (name: string, otherwise: number): readonly number[] => {
    const numbers = call.ints(name) ?? size.map(() => otherwise);
    if (numbers.length !== rank || !numbers.every((n) => Number.isSafeInteger(n) && n >= 1)) {
      throw call.error(
        `attribute "${name}": expected ${rank} positive integers, got ${formatShape(numbers)}`,
      );
    }
    return numbers;
  };
  if (kernel.length !== rank)
    throw call.error(`a kernel ${formatShape(kernel)} does not fit ${rank} spatial axes`);
  const [strides, dilation] = [each('strides', 1), each('dilations', 1)];
  const { before, after } = padding(call, size, kernel, strides, dilation);
  return { kernel, strides, dilation, before, after };
}

function padding(
  call: Call,
  size: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilation: readonly number[],
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const automatic = call.string('auto_pad', 'NOTSET', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const rank = size.length;
  if (automatic.startsWith('SAME')) {
    const totals = size.map((length, axis) => {
      const span = dilation[axis]! * (kernel[axis]! - 1) + 1;
      return Math.max(0, (Math.ceil(length / strides[axis]!) - 1) * strides[axis]! + span - length);
    });
    const less = totals.map((total) => Math.floor(total / 2));
    const more = totals.map((total, axis) => total - less[axis]!);
    return automatic === 'SAME_UPPER' ? { before: less, after: more } : { before: more, after: less };
  }
  const pads = (automatic === 'NOTSET' && call.ints('pads')) || Array.from({ length: 2 * rank }, () => 0);
  if (pads.length !== 2 * rank || !pads.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw call.error(
      `attribute "pads": expected ${2 * rank} non-negative integers, got ${formatShape(pads)}`,
    );
  }
  return { before: pads.slice(0, rank), after: pads.slice(rank) };
}

const pairs = ({ before, after }: Pick<Windows, 'before' | 'after'>): [number, number][] =>
  before.map((zeros, axis) => [zeros, after[axis]!]);

export function convOptions(call: Call, x: Tensor, w: Tensor): ConvOptions {
  const windows = windowsOf(call, x.shape.slice(2), w.shape.slice(2));
  return {
    strides: windows.strides,
    dilation: windows.dilation,
    padding: pairs(windows),
    groups: call.int('group', 1),
  };
}

/** [channels] against [n, channels, …]. */
export const alongChannels = (values: Tensor, rank: number): Tensor =>
  reshape(values, [values.size, ...Array.from({ length: rank - 2 }, () => 1)]);

function convolution(call: Call): Tensor {
  const [x, w, bias] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const result = conv(x, w, convOptions(call, x, w));
  return bias ? add(result, alongChannels(bias, x.rank)) : result;
}

/** A convolution, what is added to it, and the activation after that. */
function fusedConvolution(call: Call): Tensor {
  const [result, added] = [convolution(call), call.optional(3)];
  return fusedActivation(call)(added ? add(result, added) : result);
}

function transposedConvolution(call: Call): Tensor {
  const [x, w, bias] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const size = x.shape.slice(2);
  const kernel = w.shape.slice(2);
  const extra = call.ints('output_padding') ?? size.map(() => 0);
  const asked = call.ints('output_shape');
  const automatic = call.string('auto_pad', 'NOTSET', ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']);
  const same = automatic.startsWith('SAME');
  const { strides, dilation, ...given } = windowsOf(call, size, kernel);
  const full = size.map(
    (length, axis) =>
      (length - 1) * strides[axis]! + (extra[axis] ?? 0) + dilation[axis]! * (kernel[axis]! - 1) + 1,
  );
  const target =
    asked?.slice(-size.length) ?? (same ? size.map((length, axis) => length * strides[axis]!) : undefined);
  // What the full result is too long by is cut off on both sides; what it lacks is added after it.
  const cut = target?.map((length, axis) => Math.max(0, full[axis]! - length));
  const sides = cut?.map((total): [number, number] => {
    const half = Math.floor(total / 2);
    return automatic === 'SAME_UPPER' ? [half, total - half] : [total - half, half];
  });
  const more = target?.map((length, axis) => (extra[axis] ?? 0) + Math.max(0, length - full[axis]!));
  const result = convTranspose(x, w, {
    strides,
    dilation,
    padding: sides ?? pairs(given),
    outputPadding: more ?? extra,
    groups: call.int('group', 1),
  });
  return bias ? add(result, alongChannels(bias, x.rank)) : result;
}

interface Pooling {
  readonly windows: Windows;
  /** Zeros after the image that exist only to make room for the last window. */
  readonly room: readonly number[];
}

function pooling(call: Call, x: Tensor): Pooling {
  const size = x.shape.slice(2);
  const kernel = call.ints('kernel_shape');
  if (!kernel?.every((n) => Number.isSafeInteger(n) && n >= 1)) {
    throw call.error('attribute "kernel_shape": expected positive integers');
  }
  const windows = windowsOf(call, size, kernel);
  const { strides, dilation, before, after } = windows;
  const room = size.map((length, axis) => {
    if (!call.int('ceil_mode', 0)) return 0;
    const padded = length + before[axis]! + after[axis]! - dilation[axis]! * (kernel[axis]! - 1) - 1;
    const count = Math.ceil(padded / strides[axis]!);
    // A window that would begin after the image is left out.
    const fits = count * strides[axis]! < length + before[axis]!;
    return Math.max(0, (fits ? count : count - 1) * strides[axis]! - padded);
  });
  return { windows, room };
}

/**
 * Pools over one or two axes. Others are allowed at the end if no window reaches over several of their elements, as in
 * means over neighbouring channels.
 */
const pool =
  (operation: (call: Call, x: Tensor, how: Pooling) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    const { windows, room } = pooling(call, x);
    const { kernel, strides, dilation, before, after } = windows;
    const size = x.shape.slice(2);
    const moves = (axis: number) =>
      kernel[axis] !== 1 || strides[axis] !== 1 || before[axis] !== 0 || after[axis] !== 0;
    const kept = size.length <= 2 ? size.length : size.findLastIndex((_, axis) => moves(axis)) + 1;
    if (size.length < 1 || kept > 2 || (kept === 2 && size.length > 2)) {
      throw new ShapeError(`expected [n, c, w] or [n, c, h, w], got ${formatShape(x.shape)}`);
    }
    if (kept === size.length) return operation(call, x, { windows, room });
    const cut = (numbers: readonly number[]) => numbers.slice(0, kept + 1);
    const images = reshape(x, [...x.shape.slice(0, 2 + kept), size.slice(kept).reduce((a, b) => a * b, 1)]);
    const joined = {
      windows: {
        kernel: cut(kernel),
        strides: cut(strides),
        dilation: cut(dilation),
        before: cut(before),
        after: cut(after),
      },
      room: cut(room),
    };
    const result = operation(call, images, joined);
    return reshape(result, [...result.shape.slice(0, 2 + kept), ...size.slice(kept)]);
  };

/** Cuts images into windows, and lets `reduce` take [n, c, taps, windows] to [n, c, windows]. */
function pooled(
  x: Tensor,
  { windows, room }: Pooling,
  reduce: (columns: Tensor, columnsOf: (image: Tensor, zeros: Windows) => Tensor, windows: Windows) => Tensor,
): Tensor {
  const { after, ...rest } = windows;
  const wide = { ...rest, after: after.map((zeros, axis) => zeros + room[axis]!) };
  const columnsOf = (image: Tensor, along: Windows) =>
    image.rank === 3 ? unfold(withRows(image), windowsWithRows(along)) : unfold(image, along);
  const positions = x.shape.slice(2).map((length, axis) => {
    const span = wide.dilation[axis]! * (wide.kernel[axis]! - 1) + 1;
    return Math.floor((length + wide.before[axis]! + wide.after[axis]! - span) / wide.strides[axis]!) + 1;
  });
  return reshape(reduce(columnsOf(x, wide), columnsOf, wide), [...x.shape.slice(0, 2), ...positions]);
}

const covered = (x: Tensor): Tensor => ones([1, 1, ...x.shape.slice(2)], x.dtype);

/** Whether windows are as those of our own pooling. */
function isPlain({ windows: { kernel, dilation, before, after }, room }: Pooling): boolean {
  return (
    room.every((zeros) => zeros === 0) &&
    dilation.every((step) => step === 1) &&
    kernel.every((length, axis) => Math.max(before[axis]!, after[axis]!) <= length / 2)
  );
}

function maximumPool(call: Call, x: Tensor, how: Pooling): Tensor {
  call.requireOutputs(1);
  const { kernel, strides } = how.windows;
  if (isPlain(how)) return maxPool(x, { kernel, strides, padding: pairs(how.windows) });
  return pooled(x, how, (columns, columnsOf, windows) => {
    const inside = where(greater(columnsOf(covered(x), windows), 0), columns, -Infinity);
    const [n, c, taps, count] = columns.shape as [number, number, number, number];
    const first = reshape(argMax(inside, 2), [n, c, 1, count]);
    return sum(where(equal(first, reshape(iota(taps), [taps, 1])), inside, 0), { axis: 2 });
  });
}

function averagePool(call: Call, x: Tensor, how: Pooling): Tensor {
  if (isPlain(how)) {
    const { kernel, strides } = how.windows;
    const countPadding = call.int('count_include_pad', 0) !== 0;
    return windowAverages(x, { kernel, strides, padding: pairs(how.windows), countPadding });
  }
  return pooled(x, how, (columns, columnsOf, windows) => {
    // Zeros that only make room never count as elements.
    const { before, after } = how.windows;
    const padded = x.shape.slice(2).map((length, axis) => length + before[axis]! + after[axis]!);
    const counted = call.int('count_include_pad', 0)
      ? columnsOf(ones([1, 1, ...padded], x.dtype), {
          ...windows,
          before: before.map(() => 0),
          after: how.room,
        })
      : columnsOf(covered(x), windows);
    return div(sum(columns, { axis: 2 }), sum(counted, { axis: 2 }));
  });
}

/** Over all axes after the channels, which stay as axes of length 1. */
const globally =
  (operation: (x: Tensor, options: ReduceOptions) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    return operation(x, { axis: x.shape.map((_, axis) => axis).slice(2), keepAxes: true });
  };

const largest = pool(maximumPool);

/** Integers, which are quantized numbers, as floats. */
function maxPoolOf(call: Call): Result {
  const value = call.value(0);
  if (isFloat(value.dtype)) return largest(call);
  const floats = cast(value.levels ?? value.tensor, 'float32');
  const levels = largest(call.withInputs([tensorValue(floats)], call.opset)) as Tensor;
  const { stored, dtype } = value;
  return new Value({ dtype, shape: levels.shape }, { tensor: cast(levels, dtype), levels, stored });
}

export const microsoftWindowed: Operators = { FusedConv: fusedConvolution };

export const windowed: Operators = {
  AveragePool: pool(averagePool),
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  GlobalAveragePool: globally(mean),
  GlobalMaxPool: globally(max),
  MaxPool: maxPoolOf,
};
