import {
  broadcastShapes,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sizeOf,
} from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { tile } from '../../../ops/arrange.js';
import { broadcastTo } from '../../../ops/broadcast.js';
import { concat, slice, transpose } from '../../../ops/movement.js';
import type { Call, Operators } from '../call.js';
import { indexOf, rearranged, reshaped, stridesOf } from '../rearrange.js';
import { knownValue, type Value } from '../value.js';

/** The shape that a node asks for: 0 keeps a length and -1 is worked out. */
function reshapeTarget(call: Call, { shape }: Value): Shape {
  const asked = call.numbers(1, 'shape');
  const keepsZeros = call.int('allowzero', 0) !== 0;
  const lengths = asked.map((length, axis) => (length === 0 && !keepsZeros ? (shape[axis] ?? 0) : length));
  const known = sizeOf(lengths.filter((length) => length !== -1));
  return lengths.map((length) => (length === -1 ? (known === 0 ? 0 : sizeOf(shape) / known) : length));
}

/** Axes as an input from version 13 on, before as an attribute. */
const axesBefore13 = (call: Call): readonly number[] | undefined =>
  call.opset >= 13 ? call.optionalNumbers(1, 'axes') : call.ints('axes');

function squeezed(call: Call): Value {
  const value = call.value(0);
  const given = axesBefore13(call);
  const axes = given
    ? normalizeAxes('Squeeze', given, value.rank)
    : value.shape.flatMap((length, axis) => (length === 1 ? [axis] : []));
  if (axes.some((axis) => value.shape[axis] !== 1)) {
    throw call.error(`axes ${formatShape(axes)} of ${formatShape(value.shape)} are not all of length 1`);
  }
  return reshaped(
    value,
    value.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

function unsqueezed(call: Call): Value {
  const value = call.value(0);
  const given = axesBefore13(call);
  if (!given) throw call.error('axes are missing');
  const axes = normalizeAxes('Unsqueeze', given, value.rank + given.length);
  const rest = [...value.shape];
  return reshaped(
    value,
    Array.from({ length: value.rank + axes.length }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!)),
  );
}

function flattened(call: Call): Value {
  const value = call.value(0);
  // The rank itself is allowed: everything is before it then.
  const given = call.int('axis', 1);
  const axis = given === value.rank ? given : normalizeAxis('Flatten', given, value.rank);
  return reshaped(value, [sizeOf(value.shape.slice(0, axis)), sizeOf(value.shape.slice(axis))]);
}

function transposed(call: Call): Value {
  const value = call.value(0);
  const order = call.ints('perm') ?? value.shape.map((_, axis) => value.rank - 1 - axis);
  if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== value.rank) {
    throw call.error(`${formatShape(order)} is no permutation of the axes of ${formatShape(value.shape)}`);
  }
  const strides = stridesOf(value.shape);
  return rearranged(
    value,
    order.map((axis) => value.shape[axis]!),
    (position) => position.reduce((index, at, i) => index + at * strides[order[i]!]!, 0),
    (tensor) => transpose(tensor, order),
  );
}

function concatenated(call: Call): Value | Tensor {
  const values = call.inputs.map((_, index) => call.value(index));
  const { rank, dtype, stored } = call.value(0);
  const axis = normalizeAxis('Concat', call.int('axis'), rank);
  // Shapes are put together along their only axis.
  if (rank === 1 && values.every((value) => value.numbers && value.rank === 1)) {
    return knownValue(
      values.flatMap(({ numbers }) => numbers!),
      dtype,
      undefined,
      stored,
    );
  }
  return concat(call.tensors(), axis);
}

/** A block of a value, as bounds that lie within its axes. */
function block(
  value: Value,
  starts: readonly number[],
  steps: readonly number[],
  lengths: readonly number[],
): Value {
  const strides = stridesOf(value.shape);
  return rearranged(
    value,
    lengths,
    (position) =>
      indexOf(
        position.map((at, axis) => starts[axis]! + at * steps[axis]!),
        strides,
      ),
    (tensor) =>
      slice(
        tensor,
        starts,
        starts.map((start, axis) => {
          const end = start + lengths[axis]! * steps[axis]!;
          return end < 0 ? undefined : Math.min(end, tensor.shape[axis]!);
        }),
        steps,
      ),
  );
}

function sliced(call: Call): Value {
  const value = call.value(0);
  const [from, to] = [call.numbers(1, 'starts'), call.numbers(2, 'ends')];
  const axes = (call.optionalNumbers(3, 'axes') ?? from.map((_, axis) => axis)).map((axis) =>
    normalizeAxis('Slice', axis, value.rank),
  );
  const by = call.optionalNumbers(4, 'steps') ?? from.map(() => 1);
  if ([to, axes, by].some(({ length }) => length !== from.length) || new Set(axes).size !== axes.length) {
    throw call.error('starts, ends, axes and steps do not fit together');
  }
  const starts = value.shape.map(() => 0);
  const steps = value.shape.map(() => 1);
  const lengths = [...value.shape];
  axes.forEach((axis, i) => {
    const length = value.shape[axis]!;
    const step = by[i]!;
    if (!Number.isInteger(step) || step === 0) throw call.error(`steps: got ${step}`);
    // Bounds beyond the ends are moved to them.
    const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
    const bound = (given: number) => Math.min(high, Math.max(low, given < 0 ? given + length : given));
    starts[axis] = Math.max(0, bound(from[i]!));
    steps[axis] = step;
    lengths[axis] = Math.max(0, Math.ceil((bound(to[i]!) - bound(from[i]!)) / step));
  });
  return block(value, starts, steps, lengths);
}

/** The lengths of the pieces along an axis. */
function pieces(call: Call, length: number): readonly number[] {
  const given = call.opset >= 13 ? call.optionalNumbers(1, 'split') : call.ints('split');
  if (given) return given;
  const count = call.int('num_outputs', call.node.outputs.length);
  if (!(count >= 1 && count <= call.node.outputs.length)) throw call.error(`num_outputs: got ${count}`);
  const each = Math.ceil(length / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, length - i * each)));
}

function splitUp(call: Call): Value[] {
  const value = call.value(0);
  const axis = normalizeAxis('Split', call.int('axis', 0), value.rank);
  const lengths = pieces(call, value.shape[axis]!);
  if (
    !lengths.every((n) => Number.isInteger(n) && n >= 0) ||
    lengths.reduce((a, b) => a + b, 0) !== value.shape[axis]
  ) {
    throw call.error(
      `pieces ${formatShape(lengths)} do not make up axis ${axis} of ${formatShape(value.shape)}`,
    );
  }
  let start = 0;
  return lengths.map((length) => {
    const at = <T>(here: T, elsewhere: readonly T[]) =>
      elsewhere.map((n, each) => (each === axis ? here : n));
    const zeros = value.shape.map(() => 0);
    const piece = block(
      value,
      at(start, zeros),
      zeros.map(() => 1),
      at(length, value.shape),
    );
    start += length;
    return piece;
  });
}

function expanded(call: Call): Value {
  const value = call.value(0);
  const asked = call.numbers(1, 'shape');
  if (!asked.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw call.error(`${formatShape(asked)} is no shape`);
  }
  const shape = broadcastShapes('Expand', value.shape, asked);
  const strides = stridesOf(value.shape);
  const extra = shape.length - value.rank;
  return rearranged(
    value,
    shape,
    (position) =>
      value.shape.reduce(
        (index, length, axis) => index + (length === 1 ? 0 : position[axis + extra]! * strides[axis]!),
        0,
      ),
    (tensor) => broadcastTo(tensor, shape),
  );
}

/** Shape and Size: what is known of every value. */
function shapeOf(call: Call): Value {
  const { shape } = call.value(0);
  return knownValue(
    shape.slice(call.int('start', 0), call.has('end') ? call.int('end') : undefined),
    'int64',
  );
}

export const movements: Operators = {
  Concat: concatenated,
  Expand: expanded,
  Flatten: flattened,
  Identity: (call) => call.value(0),
  Reshape: (call) => reshaped(call.value(0), reshapeTarget(call, call.value(0))),
  Shape: shapeOf,
  Size: (call) => knownValue([sizeOf(call.value(0).shape)], 'int64', []),
  Slice: sliced,
  Split: splitUp,
  Squeeze: squeezed,
  Tile: (call) => tile(call.tensor(0), call.numbers(1, 'repeats')),
  Transpose: transposed,
  Unsqueeze: unsqueezed,
};
