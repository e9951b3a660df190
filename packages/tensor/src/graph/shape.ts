import { ShapeError } from './errors.js';

/** Lengths of the axes, outermost first; `[]` is a scalar. All shapes are known when a function is traced. */
export type Shape = readonly number[];

/** The number of elements; 1 without axes. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, length) => size * length, 1);

/** A shape as messages have it, such as `[2, 3]`. */
export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/** Whether they have the same axes with the same lengths. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** @throws ShapeError unless every length is a non-negative integer. */
export function requireShape(name: string, shape: Shape): void {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new ShapeError(`${name}: a shape is made of non-negative integers, got ${formatShape(shape)}`);
  }
}

/** NumPy's rule: axes are matched from the last; lengths agree or one of them is 1. */
export function broadcastShapes(name: string, ...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const length = lengths.find((one) => one !== 1) ?? 1;
    if (lengths.some((one) => one !== 1 && one !== length)) {
      throw new ShapeError(`${name}: shapes do not broadcast: ${shapes.map(formatShape).join(' and ')}`);
    }
    return length;
  });
}

/** An axis counted from the front; negative ones count from the back. */
export function normalizeAxis(name: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(`${name}: axis ${axis} is outside a tensor of rank ${rank}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes in ascending order; all of them when none are given. */
export function normalizeAxes(
  name: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const given = typeof axes === 'number' ? [axes] : axes;
  const normalized = [...new Set(given.map((axis) => normalizeAxis(name, axis, rank)))].sort((a, b) => a - b);
  if (normalized.length !== given.length) throw new ShapeError(`${name}: axes repeat: ${formatShape(given)}`);
  return normalized;
}
