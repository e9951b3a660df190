import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, requireShape, type Shape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape } from './broadcast.js';
import { add, less, mul, where } from './elementwise.js';
import { emitCast, emitFilled, emitReshape } from './emit.js';
import { zeros, zerosLike } from './fill.js';
import { addRows, requireIndices, take } from './gather.js';
import { slice, transpose } from './movement.js';

function requireUpdates(name: string, target: Tensor, updates: Tensor, expected: Shape): void {
  if (updates.dtype !== target.dtype) {
    throw new DTypeError(
      `${name}: dtypes differ: ${target.dtype} and ${updates.dtype}; convert one with cast()`,
    );
  }
  if (!sameShape(updates.shape, expected)) {
    throw new ShapeError(
      `${name}: updates of ${formatShape(target.shape)} should be ${formatShape(expected)}, got ${formatShape(updates.shape)}`,
    );
  }
}

/** The slices along an axis as rows, and back. */
function asRows(input: Tensor, axis: number, width: number): Tensor {
  const axes = input.shape.map((_, each) => each);
  const moved = axes.slice(axis, axis + width);
  return transpose(input, [...moved, ...axes.filter((each) => !moved.includes(each))]);
}

function fromRows(rows: Tensor, axis: number): Tensor {
  const axes = rows.shape.map((_, each) => each);
  return transpose(rows, [...axes.slice(1, axis + 1), 0, ...axes.slice(axis + 1)]);
}

const setRowsPrimitive: Primitive = {
  name: 'setRows',
  infer: ([target]) => ({ shape: target!.shape, dtype: target!.dtype }),
  vjp: (cotangent, { inputs: [, indices, updates] }) => [
    apply(setRowsPrimitive, [cotangent, indices!, zerosLike(updates!)], {}),
    undefined,
    take(cotangent, indices!),
  ],
  emit(emitter, [target, indices, updates], { inputs: [, positions, rows] }) {
    if (rows!.size === 0) return target!;
    const column = emitReshape(emitter, emitCast(emitter, indices!, 'int64'), [...positions!.shape, 1]);
    return emitter.operator('ScatterND', [target!, column, updates!]);
  },
};

type Along = (rows: Tensor, indices: Tensor, updates: Tensor) => Tensor;

function scatter(
  name: string,
  inputs: readonly [Tensor, Tensor, Tensor],
  axis: number,
  along: Along,
): Tensor {
  const [target, indices, updates] = inputs;
  requireIndices(name, indices);
  const at = normalizeAxis(name, axis, target.rank);
  const expected = [...target.shape.slice(0, at), ...indices.shape, ...target.shape.slice(at + 1)];
  requireUpdates(name, target, updates, expected);
  return fromRows(along(asRows(target, at, 1), indices, asRows(updates, at, indices.rank)), at);
}

/**
 * `target` with `updates` added to its slices along an axis (the first unless said) at `indices` (int32 or int64). The
 * updates have the shape of `take(target, indices, axis)`; all that go to one place are added.
 * @throws ShapeError or DTypeError for updates that do not fit; (when run) RuntimeError for an index outside the axis
 */
export const scatterAdd = (target: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor =>
  scatter('scatterAdd', [target, indices, updates], axis, (rows, positions, pieces) =>
    add(rows, addRows(pieces, positions, rows.length(0))),
  );

/**
 * `target` with its slices along an axis (the first unless said) at `indices` replaced by `updates`, as `scatterAdd`.
 * Indices must differ: which of several updates for one place stays is not determined.
 */
export const scatterSet = (target: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor =>
  scatter('scatterSet', [target, indices, updates], axis, (...operands) =>
    apply(setRowsPrimitive, operands, {}),
  );

/**
 * Sums of the rows that belong to each of `count` segments: [n, …] and int segments [n] → [count, …]. Segments without
 * rows are 0.
 * @throws ShapeError unless there is one segment a row; (when run) RuntimeError for a segment outside 0 … count - 1
 */
export function segmentSum(rows: Tensor, segments: Tensor, count: number): Tensor {
  requireIndices('segmentSum', segments);
  requireShape('segmentSum', [count]);
  if (rows.rank === 0 || !sameShape(segments.shape, [rows.length(0)])) {
    throw new ShapeError(
      `segmentSum: expected one segment for each row of ${formatShape(rows.shape)}, got ${formatShape(segments.shape)}`,
    );
  }
  return addRows(rows, segments, count);
}

/**
 * Blocks of `input` at places of several axes: indices [..., k] pick along the first k axes, and the result is
 * [..., …remaining axes]. Negative indices count from the end.
 * @throws ShapeError unless 1 ≤ k ≤ rank
 */
export function gatherNd(input: Tensor, indices: Tensor): Tensor {
  requireIndices('gatherNd', indices);
  const depth = indices.rank === 0 ? 0 : indices.length(-1);
  if (depth < 1 || depth > input.rank) {
    throw new ShapeError(
      `gatherNd: indices ${formatShape(indices.shape)} do not fit into ${formatShape(input.shape)}: expected 1 to ${input.rank} in the last axis`,
    );
  }
  return apply(gatherNdPrimitive, [input, indices], {});
}

const gatherNdPrimitive: Primitive = {
  name: 'gatherNd',
  infer: ([input, indices]) => ({
    shape: [...indices!.shape.slice(0, -1), ...input!.shape.slice(indices!.length(-1))],
    dtype: input!.dtype,
  }),
  vjp(cotangent, { inputs: [input, indices] }) {
    const depth = indices!.length(-1);
    const [outer, inner] = [input!.shape.slice(0, depth), input!.shape.slice(depth)];
    const leading = indices!.shape.slice(0, -1);
    const places = outer.reduce((product, length) => product * length, 1);
    // One number for each place of the outer axes, row-major.
    const flat = outer.reduce<Tensor>(
      (sum, length, axis) => {
        const index = reshape(
          slice(indices!, [...leading.map(() => 0), axis], [...leading, axis + 1]),
          leading,
        );
        return add(mul(sum, length), where(less(index, 0), add(index, length), index));
      },
      zeros(leading, indices!.dtype),
    );
    return [reshape(addRows(cotangent, flat, places), [...outer, ...inner]), undefined];
  },
  emit(emitter, [input, indices], { output }) {
    if (output.size === 0) return emitFilled(emitter, 0, output.shape, output.dtype);
    return emitter.operator('GatherND', [input!, emitCast(emitter, indices!, 'int64')]);
  },
};
