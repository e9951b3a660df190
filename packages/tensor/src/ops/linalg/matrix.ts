import { ShapeError } from '../../graph/errors.js';
import { formatShape } from '../../graph/shape.js';
import type { Tensor } from '../../graph/tensor.js';
import { requireFloat } from '../broadcast.js';
import { add, mul } from '../elementwise.js';
import { matMul } from '../matMul.js';
import { slice, swapAxes } from '../movement.js';

// What the matrix functions share. Matrices are the last two axes, the axes before them are batches.

/** @throws ShapeError or DTypeError unless `a` holds floating-point matrices */
export function requireMatrices(name: string, a: Tensor): [rows: number, columns: number] {
  requireFloat(name, a);
  if (a.rank < 2) throw new ShapeError(`${name}: expected matrices, got ${formatShape(a.shape)}`);
  return a.shape.slice(-2) as [number, number];
}

/** The number of rows. @throws ShapeError or DTypeError unless `a` holds square floating-point matrices */
export function requireSquare(name: string, a: Tensor): number {
  const [rows, columns] = requireMatrices(name, a);
  if (rows !== columns)
    throw new ShapeError(`${name}: expected square matrices, got ${formatShape(a.shape)}`);
  return rows;
}

/** Rows and columns from `starts` up to, not including, `ends`. */
export function block(
  a: Tensor,
  starts: readonly [row: number, column: number],
  ends: readonly [row: number | undefined, column: number | undefined],
): Tensor {
  const leading = a.shape.slice(0, -2).map(() => undefined);
  return slice(a, [...leading, ...starts], [...leading, ...ends]);
}

export const adjoint = (a: Tensor): Tensor => swapAxes(a, -1, -2);

/** (a + aᵀ) / 2 */
export const symmetricPart = (a: Tensor): Tensor => mul(add(a, adjoint(a)), 0.5);

/** aᵀ · b */
export const adjointTimes = (a: Tensor, b: Tensor): Tensor => matMul(a, b, { transposeA: true });

/** a · bᵀ */
export const timesAdjoint = (a: Tensor, b: Tensor): Tensor => matMul(a, b, { transposeB: true });

/** As many zeros as axes, with the last two as said: how much to pad or where to begin. */
export const lastTwo = (a: Tensor, rows: number, columns: number): number[] => [
  ...a.shape.slice(0, -2).map(() => 0),
  rows,
  columns,
];
