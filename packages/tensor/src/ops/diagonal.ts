import { ShapeError } from '../graph/errors.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reshape, sum } from './broadcast.js';
import { cast, equal } from './elementwise.js';
import { iota } from './gather.js';
import { pad, slice } from './movement.js';

// By movement alone: in rows that are one element longer, a diagonal is a column.

function requireOffset(name: string, offset: number): void {
  if (!Number.isSafeInteger(offset))
    throw new ShapeError(`${name}: offset: expected an integer, got ${offset}`);
}

const alongLast = (rank: number, count: number): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis === rank - 1 ? count : 0));

/**
 * The elements at column = row + `offset` of matrices: [..., rows, columns] → [..., length]. Empty where the diagonal
 * lies outside.
 */
export function diagonal(input: Tensor, offset = 0): Tensor {
  requireOffset('diagonal', offset);
  if (input.rank < 2) throw new ShapeError(`diagonal: expected matrices, got ${formatShape(input.shape)}`);
  const [rows, columns] = input.shape.slice(-2) as [number, number];
  const leading = input.shape.slice(0, -2);
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(rows - down, columns - right));
  if (length === 0)
    return reshape(slice(input, [...leading.map(() => 0), 0, 0], [...leading, 0, 0]), [...leading, 0]);
  const whole = leading.map(() => 0);
  const block = slice(input, [...whole, down, right], [...leading, down + length, right + length]);
  const flat = pad(
    reshape(block, [...leading, length * length]),
    alongLast(leading.length + 1, 0),
    alongLast(leading.length + 1, length),
  );
  const longer = reshape(flat, [...leading, length, length + 1]);
  return reshape(slice(longer, [], [...leading, length, 1]), [...leading, length]);
}

/** Matrices with the given elements at column = row + `offset` and zeros elsewhere: [..., n] → [..., n + |offset|, n + |offset|]. */
export function diag(elements: Tensor, offset = 0): Tensor {
  requireOffset('diag', offset);
  if (elements.rank < 1) throw new ShapeError('diag: expected a vector or more, got a scalar');
  const leading = elements.shape.slice(0, -1);
  const length = elements.length(-1);
  const rank = leading.length + 2;
  const column = reshape(elements, [...leading, length, 1]);
  const longer = pad(column, alongLast(rank, 0), alongLast(rank, length));
  const flat = slice(reshape(longer, [...leading, length * (length + 1)]), [], [...leading, length * length]);
  const square = reshape(flat, [...leading, length, length]);
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const sides = (rows: number, columns: number) => [...leading.map(() => 0), rows, columns];
  return offset === 0 ? square : pad(square, sides(down, right), sides(right, down));
}

/** Sum of the diagonal of matrices: [..., n, m] → [...]. */
export const trace = (input: Tensor): Tensor => sum(diagonal(input), { axis: -1 });

/** A matrix with ones at column = row and zeros elsewhere, shape [rows, columns]; square unless said. */
export function eye(rows: number, columns = rows, dtype: Tensor['dtype'] = 'float32'): Tensor {
  return cast(equal(reshape(iota(rows), [rows, 1]), reshape(iota(columns), [1, columns])), dtype);
}
