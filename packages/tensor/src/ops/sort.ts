import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, normalizeAxis, requireShape, sizeOf } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo } from './broadcast.js';
import { literal } from './create.js';
import { cast } from './elementwise.js';
import { emitCast } from './emit.js';
import { take, takeAlong } from './gather.js';
import { randomBits } from './random.js';

const topIndicesPrimitive: Primitive<{ axis: number; count: number; largest: boolean }> = {
  name: 'topIndices',
  infer: ([input], { axis, count }) => ({
    shape: input!.shape.map((length, each) => (each === axis ? count : length)),
    dtype: 'int32',
  }),
  emit(emitter, [input], { attributes: { axis, count, largest } }) {
    const attributes = { axis: { int: axis }, largest: { int: Number(largest) }, sorted: { int: 1 } };
    const [, indices] = emitter.operators(
      2,
      'TopK',
      [input!, emitter.constant([count], 'int64')],
      attributes,
    );
    return emitCast(emitter, indices!, 'int32');
  },
};

/** Elements in order, and where along the axis they came from (int32). */
export interface Ordered {
  readonly values: Tensor;
  readonly indices: Tensor;
}

export interface SortOptions {
  /** The last axis unless said; negative axes count from the back. */
  readonly axis?: number;
  /** Largest first; false unless said. */
  readonly descending?: boolean;
}

function topIndices(name: string, input: Tensor, axis: number, count: number, largest: boolean): Tensor {
  if (input.dtype === 'bool') throw new DTypeError(`${name}: got bool; convert it with cast() first`);
  const shape = input.shape.map((length, each) => (each === axis ? count : length));
  // TopK ends the process when an axis has length 0.
  if (sizeOf(shape) === 0) return broadcastTo(literal(0, 'int32'), shape);
  // ONNX Runtime orders floats and signed integers only.
  const ordered = input.dtype === 'uint32' ? cast(input, 'int64') : input;
  return apply(topIndicesPrimitive, [ordered], { axis, count, largest });
}

/** Indices (int32) that put an axis in order; equal elements keep theirs. NaN has no place in it. Has no derivative. */
export function argSort(input: Tensor, { axis = -1, descending = false }: SortOptions = {}): Tensor {
  const along = normalizeAxis('argSort', axis, input.rank);
  return topIndices('argSort', input, along, input.shape[along]!, descending);
}

/** The elements of an axis in order, smallest first unless said, as `argSort` orders them. */
export function sort(input: Tensor, options: SortOptions = {}): Ordered {
  const indices = argSort(input, options);
  return { values: takeAlong(input, indices, options.axis ?? -1), indices };
}

/**
 * The `count` largest elements along an axis (the last unless said), largest first; among equals those that come first.
 * @throws ShapeError unless `count` is an integer from 0 to the length of the axis
 */
export function topK(input: Tensor, count: number, axis = -1): Ordered {
  const along = normalizeAxis('topK', axis, input.rank);
  if (!(Number.isInteger(count) && count >= 0 && count <= input.shape[along]!)) {
    throw new ShapeError(`topK: count ${count} does not fit axis ${axis} of ${formatShape(input.shape)}`);
  }
  const indices = topIndices('topK', input, along, count, true);
  return { values: takeAlong(input, indices, along), indices };
}

/** 0, 1, … length - 1 in random order, int32 [length]. Orders random words, of which two in 2³² are equal. */
export function permutation(key: Tensor, length: number): Tensor {
  requireShape('permutation', [length]);
  return argSort(randomBits(key, [length]));
}

/** The slices along an axis (the first unless said) in random order. */
export const shuffle = (key: Tensor, input: Tensor, axis = 0): Tensor =>
  take(input, permutation(key, input.shape[normalizeAxis('shuffle', axis, input.rank)]!), axis);
