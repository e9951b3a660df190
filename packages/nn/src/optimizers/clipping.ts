import { cast, div, leavesOf, mapTree, maximum, sqrt, type Tensor, zeros } from '@evenkeel/tensor';
import { floatOf, requireIn } from './options.js';
import { type GradientTransform, stateless } from './transform.js';

/** √Σ x² over all elements of all tensors of a tree, each tensor once: a scalar. */
export function globalNorm(tree: unknown): Tensor {
  const dtype = floatOf(tree);
  const squares = leavesOf(tree).map((leaf) => cast(leaf, dtype).square().sum());
  return sqrt(squares.reduce((total, each) => total.add(each), zeros([], dtype)));
}

/** Scales all updates together so that their global norm is at most `limit`, which is positive. */
export function clipByGlobalNorm(limit: number): GradientTransform<readonly []> {
  requireIn('clipByGlobalNorm', 'limit', limit, Number.MIN_VALUE);
  return stateless((gradients) => {
    const factor = div(limit, maximum(globalNorm(gradients), limit));
    return mapTree((gradient) => gradient.mul(cast(factor, gradient.dtype)), gradients);
  });
}

/** Keeps every element of the updates between -limit and limit, which is positive. */
export function clipByValue(limit: number): GradientTransform<readonly []> {
  requireIn('clipByValue', 'limit', limit, Number.MIN_VALUE);
  return stateless((gradients) => mapTree((gradient) => gradient.clip(-limit, limit), gradients));
}
