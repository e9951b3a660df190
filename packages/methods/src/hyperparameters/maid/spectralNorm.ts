import {
  abs,
  div,
  greater,
  mapTree,
  maximum as maximumOf,
  mul,
  normal,
  randomKey,
  sub,
  type Tensor,
  tensor,
  whileLoop,
} from '@evenkeel/tensor';
import { norm, scaled } from './vectors.js';

/**
 * |J|, the largest singular value of a linear map, by power iteration on JᵀJ until it changes by less than `tolerance`
 * of itself. The value comes from below: where the two largest singular values lie close together, it can fall short by
 * a little. Traced as one loop.
 * @param product v ↦ JᵀJ v
 * @param like a tree like v
 */
export function spectralNorm<V>(
  product: (v: V) => V,
  like: V,
  { tolerance = 1e-10, maximum = 200 }: { readonly tolerance?: number; readonly maximum?: number } = {},
): Tensor {
  let key = 0;
  // A start at random is not orthogonal to the leading singular vector.
  const start = mapTree((leaf) => normal(randomKey(key++), leaf.shape, { dtype: leaf.dtype }), like);
  const first = scaled(start, div(1, norm(start)));
  const { dtype } = norm(first);
  const { value } = whileLoop(
    ({ value, change }) => greater(change, mul(value, tolerance)),
    ({ v, value }) => {
      const image = product(v);
      const length = norm(image);
      // A map that is zero ends here with 0.
      const next = scaled(image, div(1, maximumOf(length, 1e-30)));
      return { v: next, value: length, change: abs(sub(length, value)) };
    },
    { v: first, value: tensor(0, dtype), change: tensor(1, dtype) },
    { maximum },
  );
  return value.sqrt();
}
