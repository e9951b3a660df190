import { formatShape, normalizeAxis, type Shape, sizeOf } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshape, sum } from '../../../ops/broadcast.js';
import { tensor } from '../../../ops/create.js';
import { add, cast, less, mul, where } from '../../../ops/elementwise.js';
import { zeros } from '../../../ops/fill.js';
import { iota, oneHot, take, takeAlong } from '../../../ops/gather.js';
import { transpose } from '../../../ops/movement.js';
import { scatterAdd, scatterSet } from '../../../ops/scatter.js';
import type { Call, Operators } from '../call.js';
import { indexOf, rearranged, stridesOf } from '../rearrange.js';
import { movedValue, type Value } from '../value.js';

/** Indices as they are counted from the start. */
const fromStart = (indices: Tensor, length: number): Tensor =>
  where(less(indices, 0), add(indices, length), indices);

function gathered(call: Call): Value {
  const [value, indices] = [call.value(0), call.value(1)];
  const axis = normalizeAxis('Gather', call.int('axis', 0), value.rank);
  const shape = [...value.shape.slice(0, axis), ...indices.shape, ...value.shape.slice(axis + 1)];
  const operation = (input: Tensor) => take(input, indices.tensor, axis);
  const { numbers } = indices;
  const length = value.shape[axis]!;
  const wrong = numbers?.find((index) => !(index >= -length && index < length));
  if (wrong !== undefined) throw call.error(`index ${wrong} is outside an axis of length ${length}`);
  if (!numbers) return movedValue(value, operation);
  const [strides, within] = [stridesOf(value.shape), stridesOf(indices.shape)];
  return rearranged(
    value,
    shape,
    (position) => {
      const index = numbers[indexOf(position.slice(axis, axis + indices.rank), within)]!;
      const at = index < 0 ? index + length : index;
      return indexOf([...position.slice(0, axis), at, ...position.slice(axis + indices.rank)], strides);
    },
    operation,
  );
}

/** Every position of `shape` but along `axis`, as indices into an array with the given strides: they broadcast to `shape`. */
function offsetsBeside(shape: Shape, axis: number, strides: readonly number[]): Tensor {
  return shape.reduce<Tensor>(
    (total, length, each) => {
      if (each === axis) return total;
      const along = shape.map((_, other) => (other === each ? length : 1));
      return add(total, reshape(mul(iota(length), strides[each]!), along));
    },
    zeros(
      shape.map(() => 1),
      'int32',
    ),
  );
}

/** Row-major indices of the elements that an operator along an axis picks. */
function flatIndices(indices: Tensor, axis: number, data: Shape): Tensor {
  const strides = stridesOf(data);
  const along = mul(fromStart(cast(indices, 'int32'), data[axis]!), strides[axis]!);
  return reshape(add(along, offsetsBeside(indices.shape, axis, strides)), [indices.size]);
}

/** Elements of equal shape outside the axis are picked as they are, others by their row-major index. */
function gatherElements(call: Call): Tensor {
  const [data, indices] = [call.tensor(0), call.tensor(1)];
  const axis = normalizeAxis('GatherElements', call.int('axis', 0), data.rank);
  requireWithin(call, indices.shape, data.shape, axis);
  const alike = indices.shape.every((length, each) => each === axis || length === data.shape[each]);
  if (alike) return takeAlong(data, indices, axis);
  return reshape(take(reshape(data, [data.size]), flatIndices(indices, axis, data.shape)), indices.shape);
}

function requireWithin(call: Call, indices: Shape, data: Shape, axis: number): void {
  if (indices.length !== data.length || indices.some((n, each) => each !== axis && n > data[each]!)) {
    throw call.error(`indices ${formatShape(indices)} do not fit ${formatShape(data)} along axis ${axis}`);
  }
}

/** Puts rows into a table, or adds them to what is there; for putting, indices must not repeat. */
function scatterRows(call: Call, table: Tensor, indices: Tensor, rows: Tensor): Tensor {
  const reduction = call.string('reduction', 'none', ['none', 'add']);
  return (reduction === 'add' ? scatterAdd : scatterSet)(table, indices, rows);
}

function scatterElements(call: Call): Tensor {
  const [data, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const axis = normalizeAxis(call.node.type, call.int('axis', 0), data.rank);
  requireWithin(call, indices.shape, data.shape, axis);
  const flat = flatIndices(indices, axis, data.shape);
  const scattered = scatterRows(call, reshape(data, [data.size]), flat, reshape(updates, [updates.size]));
  return reshape(scattered, data.shape);
}

/** Row numbers for index tuples, which stand along the last axis: the first `batch` axes are taken as they are. */
function rowIndices(
  call: Call,
  indices: Tensor,
  data: Shape,
  batch: number,
): { rows: Tensor; depth: number } {
  const tuple = indices.length(-1);
  const depth = batch + tuple;
  if (!(indices.rank > batch && depth <= data.length)) {
    throw call.error(`indices ${formatShape(indices.shape)} do not fit ${formatShape(data)}`);
  }
  const strides = stridesOf(data.slice(0, depth));
  const counted = cast(indices, 'int32');
  const lengths = tensor(Int32Array.from(data.slice(batch, depth)));
  const positive = where(less(counted, 0), add(counted, lengths), counted);
  const within = sum(mul(positive, tensor(Int32Array.from(strides.slice(batch)))), { axis: -1 });
  const lead = indices.shape.slice(0, -1);
  const beside = Array.from({ length: batch }, (_, axis) =>
    reshape(
      mul(iota(lead[axis]!), strides[axis]!),
      lead.map((n, each) => (each === axis ? n : 1)),
    ),
  );
  return { rows: beside.reduce((total, each) => add(total, each), within), depth };
}

function gatherNd(call: Call): Tensor {
  const [data, indices] = [call.tensor(0), call.tensor(1)];
  const { rows, depth } = rowIndices(call, indices, data.shape, call.int('batch_dims', 0));
  const rest = data.shape.slice(depth);
  return take(reshape(data, [sizeOf(data.shape.slice(0, depth)), ...rest]), rows);
}

function scatterNd(call: Call): Tensor {
  const [data, indices, updates] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const { rows, depth } = rowIndices(call, indices, data.shape, 0);
  const rest = data.shape.slice(depth);
  const table = reshape(data, [sizeOf(data.shape.slice(0, depth)), ...rest]);
  const scattered = scatterRows(
    call,
    table,
    reshape(rows, [rows.size]),
    reshape(updates, [rows.size, ...rest]),
  );
  return reshape(scattered, data.shape);
}

function oneHotRows(call: Call): Tensor {
  const indices = call.tensor(0);
  const depth = call.number(1, 'depth');
  const values = call.tensor(2);
  const hot = oneHot(fromStart(cast(indices, 'int64'), depth), depth, 'bool');
  const [off, on] = [0, 1].map((at) => reshape(take(values, tensor([at], 'int32')), [])) as [Tensor, Tensor];
  const rows = where(hot, on, off);
  const order = rows.shape.map((_, each) => each).slice(0, -1);
  order.splice(normalizeAxis('OneHot', call.int('axis', -1), rows.rank), 0, rows.rank - 1);
  return transpose(rows, order);
}

export const indexing: Operators = {
  Gather: gathered,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  OneHot: oneHotRows,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
};
