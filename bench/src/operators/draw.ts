import { cast, normal, randomKey, type Tensor, uniform } from '@evenkeel/tensor';

/** Standard normal numbers; another `seed` gives others. */
export const draw = (seed: number, ...shape: readonly number[]): Tensor => normal(randomKey(seed), shape);

/** Numbers in [0.5, 1.5), for roots, logarithms and variances. */
export const drawPositive = (seed: number, ...shape: readonly number[]): Tensor =>
  uniform(randomKey(seed), shape, { low: 0.5, high: 1.5 });

export const drawIndices = (seed: number, below: number, ...shape: readonly number[]): Tensor =>
  cast(uniform(randomKey(seed), shape, { high: below }), 'int32');
