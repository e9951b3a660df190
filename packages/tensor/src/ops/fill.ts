import type { DType } from '../graph/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor, TensorType } from '../graph/tensor.js';
import { broadcastTo } from './broadcast.js';
import { literal } from './create.js';

/** One number everywhere. */
export const full = (shape: Shape, value: number, dtype: DType = 'float32'): Tensor =>
  broadcastTo(literal(value, dtype), shape);

/** Zeros of the given shape. */
export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype);

/** Ones of the given shape. */
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype);

/** Zeros of the same shape and dtype. */
export const zerosLike = ({ shape, dtype }: TensorType): Tensor => zeros(shape, dtype);

/** Ones of the same shape and dtype. */
export const onesLike = ({ shape, dtype }: TensorType): Tensor => ones(shape, dtype);
