import { DTypeError, ShapeError } from '../graph/errors.js';
import { broadcastShapes, formatShape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sum } from './broadcast.js';
import { literal } from './create.js';
import { withDerivative } from './derived.js';
import { add, cast, logicalAnd, mul, sub, where } from './elementwise.js';
import { triangle } from './gather.js';
import { matMul } from './matMul.js';
import { any } from './reduce.js';
import { softmax } from './softmax.js';

export interface AttentionOptions {
  /**
   * Whether a query sees no later keys. The last query sees all keys, so that queries may be the end of a longer
   * sequence. False unless said.
   */
  readonly causal?: boolean;
  /** Bool, broadcasts to [..., heads, queries, keys]: true where a query may see a key. */
  readonly mask?: Tensor;
  /** Is added to the scores; broadcasts like `mask`. */
  readonly bias?: Tensor;
  /** Multiplies the products of queries and keys; 1 / √(length of a query) unless said. */
  readonly scale?: number;
}

/** Low enough that exp gives 0 beside any score, and finite, so that rows in which every key is hidden are no NaN. */
const hidden = -1e30;

/** softmax(scores) · value over the last two axes. The derivative finds Σ P ∘ dP of each row as Σ O ∘ dO, which is shorter. */
const weightedMean = (scores: Tensor, value: Tensor): Tensor =>
  withDerivative(matMul(softmax(scores), value), [scores, value], (cotangent, [logits, values], output) => {
    const weights = softmax(logits!);
    const slopes = matMul(cotangent, values!, { transposeB: true });
    const rows = sum(mul(cotangent, output), { axis: -1, keepAxes: true });
    return [mul(weights, sub(slopes, rows)), matMul(weights, cotangent, { transposeA: true })];
  });

function requireAttention(query: Tensor, key: Tensor, value: Tensor): void {
  const fail = (problem: string) => {
    const shapes = [query, key, value].map(({ shape }) => formatShape(shape)).join(', ');
    throw new ShapeError(`attention: ${problem}: query, key and value are ${shapes}`);
  };
  for (const each of [query, key, value]) {
    requireFloat('attention', each);
    if (each.dtype !== query.dtype) {
      throw new DTypeError(
        `attention: dtypes differ: ${query.dtype} and ${each.dtype}; convert one with cast()`,
      );
    }
  }
  if (Math.min(query.rank, key.rank, value.rank) < 3) fail('expected [..., heads, length, size]');
  if (query.length(-1) !== key.length(-1)) fail('queries and keys differ in size');
  if (key.length(-2) !== value.length(-2)) fail('there is not one value for each key');
  if (!sameShape(key.shape.slice(0, -2), value.shape.slice(0, -2)))
    fail('keys and values differ in leading axes');
  if (!sameShape(query.shape.slice(0, -3), key.shape.slice(0, -3)))
    fail('queries and keys differ in leading axes');
  if (key.length(-3) === 0 || query.length(-3) % key.length(-3) !== 0) {
    fail('the heads of queries are no multiple of those of keys');
  }
}

/**
 * Scaled dot product attention: softmax(query · keyᵀ · scale + bias) · value. Query [..., heads, queries, size], key
 * [..., groups, keys, size] and value [..., groups, keys, width] give [..., heads, queries, width]; each group of keys and
 * values serves `heads / groups` neighbouring heads, without being copied. A query to which the mask or causality leaves no
 * key at all gets zeros, with derivatives of zero.
 * @throws ShapeError or DTypeError for operands that do not fit together
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  requireAttention(query, key, value);
  const [heads, queries, size] = query.shape.slice(-3) as [number, number, number];
  const [groups, keys] = key.shape.slice(-3) as [number, number];
  const { causal = false, mask, bias, scale = size === 0 ? 1 : 1 / Math.sqrt(size) } = options;
  const leading = query.shape.slice(0, -3);
  const scoreShape = [...leading, heads, queries, keys];
  for (const [what, each] of Object.entries({ mask, bias })) {
    if (each && !sameShape(broadcastShapes(`attention: ${what}`, each.shape, scoreShape), scoreShape)) {
      throw new ShapeError(
        `attention: ${what}: ${formatShape(each.shape)} does not broadcast to ${formatShape(scoreShape)}`,
      );
    }
  }
  if (mask && mask.dtype !== 'bool')
    throw new DTypeError(`attention: mask: expected bool, got ${mask.dtype}`);
  // Heads of one group are rows of one product.
  const together = [...leading, groups, (heads / groups) * queries];
  const products = matMul(reshape(mul(query, scale), [...together, size]), key, { transposeB: true });
  let scores = reshape(products, scoreShape);
  if (bias) scores = add(scores, bias);
  const earlier = causal ? triangle(queries, keys, keys - queries) : undefined;
  const visible = earlier && mask ? logicalAnd(earlier, mask) : (earlier ?? mask);
  if (visible) scores = add(scores, where(visible, literal(0, query.dtype), hidden));
  const means = weightedMean(reshape(scores, [...together, keys]), value);
  const result = reshape(means, [...leading, heads, queries, value.length(-1)]);
  if (!visible || (!mask && queries <= keys)) return result;
  const sighted = visible.rank === 0 ? visible : any(visible, { axis: -1, keepAxes: true });
  return mul(result, cast(sighted, query.dtype));
}
