import type { DType } from '../graph/dtype.js';
import { ShapeError } from '../graph/errors.js';
import { formatShape, normalizeAxis, requireShape, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat } from './broadcast.js';
import { literal } from './create.js';
import { add, cast, clip, erf, log, maximum, mul, neg, sub } from './elementwise.js';
import { randomBits, splitKey, uniform } from './random.js';
import { argMax } from './reduce.js';
import { remainder } from './rounding.js';
import { erfinv } from './special.js';

export interface DrawOptions {
  /** float32 unless said. */
  readonly dtype?: DType;
}

/** Evenly from between 0 and 1, neither of which comes up. */
const openUniform = (key: Tensor, shape: Shape, { dtype = 'float32' }: DrawOptions): Tensor =>
  maximum(uniform(key, shape, { dtype }), dtype === 'float64' ? 2 ** -54 : 2 ** -25);

/** Standard Gumbel numbers, -log(-log u): the place of the largest sum of a log weight and one of them is a draw by weight. */
export const gumbel = (key: Tensor, shape: Shape, options: DrawOptions = {}): Tensor =>
  neg(log(neg(log(openUniform(key, shape, options)))));

/** Exponential numbers of mean 1, all above 0. */
export const exponential = (key: Tensor, shape: Shape, options: DrawOptions = {}): Tensor =>
  neg(log(openUniform(key, shape, options)));

/** Laplace numbers of mean 0 and variance 2, as differences of exponential ones. */
export function laplace(key: Tensor, shape: Shape, options: DrawOptions = {}): Tensor {
  const [first, second] = splitKey(key);
  return sub(exponential(first, shape, options), exponential(second, shape, options));
}

export interface TruncatedNormalOptions extends DrawOptions {
  /** -2 unless said. */
  readonly low?: number;
  /** 2 unless said. */
  readonly high?: number;
}

/**
 * Standard normal numbers that lie between `low` and `high`. Draws are coarse where both bounds lie far out on the same
 * side: beyond about 4 in float32 and 7 in float64.
 * @throws RangeError unless `low` is below `high`
 */
export function truncatedNormal(
  key: Tensor,
  shape: Shape,
  { low = -2, high = 2, dtype = 'float32' }: TruncatedNormalOptions = {},
): Tensor {
  if (!(low < high)) {
    throw new RangeError(`truncatedNormal: low must be below high, got ${low} and ${high}`);
  }
  const [from, to] = [low, high].map((bound) => erf(literal(bound * Math.SQRT1_2, dtype))) as [
    Tensor,
    Tensor,
  ];
  const level = add(from, mul(uniform(key, shape, { dtype }), sub(to, from)));
  return clip(mul(erfinv(level), Math.SQRT2), low, high);
}

/**
 * Integers (int32) from `low` up to but not including `high`. Of `n` possible numbers some are likelier than others by
 * n in 2³²: words of 32 random bits are taken modulo n.
 * @throws RangeError unless both are integers of int32 (`high` may be 2³¹) and `low` is below `high`
 */
export function randint(key: Tensor, shape: Shape, low: number, high: number): Tensor {
  const isBound = (bound: number, largest: number) =>
    Number.isInteger(bound) && bound >= -(2 ** 31) && bound <= largest;
  if (!(isBound(low, 2 ** 31 - 1) && isBound(high, 2 ** 31) && low < high)) {
    throw new RangeError(
      `randint: expected integers of int32, the first below the second, got ${low} and ${high}`,
    );
  }
  const bits = randomBits(key, shape);
  const count = high - low;
  // 2³² numbers are all words there are.
  const steps = count === 2 ** 32 ? bits : remainder(bits, count);
  return add(cast(steps, 'int32'), low);
}

export interface CategoricalOptions {
  /** Along which the logits of one distribution lie; the last axis unless said. */
  readonly axis?: number;
  /** How many draws of each distribution, along a new first axis; one without such an axis unless said. */
  readonly samples?: number;
}

/**
 * Indices (int32) drawn with probabilities softmax(logits) along an axis, which the result lacks. A logit of -∞ is never
 * drawn. Exact up to the resolution of the numbers that are added: chances below about 1e-7 of float32 come up too rarely.
 * @throws ShapeError when the axis has no elements
 */
export function categorical(
  key: Tensor,
  logits: Tensor,
  { axis = -1, samples }: CategoricalOptions = {},
): Tensor {
  requireFloat('categorical', logits);
  const along = normalizeAxis('categorical', axis, logits.rank);
  if (logits.shape[along] === 0) {
    throw new ShapeError(
      `categorical: axis ${axis} of ${formatShape(logits.shape)} has nothing to draw from`,
    );
  }
  if (samples !== undefined) requireShape('categorical: samples', [samples]);
  const shape = samples === undefined ? logits.shape : [samples, ...logits.shape];
  const noise = gumbel(key, shape, { dtype: logits.dtype });
  return argMax(add(logits, noise), samples === undefined ? along : along + 1);
}
