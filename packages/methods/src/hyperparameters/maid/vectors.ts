import { add, mapPlaces, mapTree, mul, sqrt, sum, type Tensor } from '@evenkeel/tensor';

// Trees of tensors as one long vector each.

/** The inner product, a scalar. */
export function dot<T>(a: T, b: T): Tensor {
  const terms: Tensor[] = [];
  mapPlaces(
    (leaf, [other]) => {
      terms.push(sum(mul(leaf, other as Tensor)));
      return leaf;
    },
    a,
    b,
  );
  return terms.reduce(add);
}

/** The Euclidean norm, a scalar. */
export const norm = <T>(a: T): Tensor => sqrt(dot(a, a));

export const scaled = <T>(a: T, factor: Tensor): T => mapTree((leaf) => mul(leaf, factor), a);

/** a + factor · b */
export const plus = <T>(a: T, factor: Tensor, b: T): T =>
  mapTree((leaf, other) => add(leaf, mul(other!, factor)), a, b);
