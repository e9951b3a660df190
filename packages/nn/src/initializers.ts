import { type DType, normal, type Shape, type Tensor, uniform } from '@evenkeel/tensor';

/** Draws a weight of shape `[inputs, outputs]`. */
export type Initializer = (key: Tensor, shape: Shape, dtype?: DType) => Tensor;

const fans = (shape: Shape): [inputs: number, outputs: number] => [shape.at(-2) ?? 1, shape.at(-1) ?? 1];

const symmetric = (key: Tensor, shape: Shape, bound: number, dtype: DType = 'float32'): Tensor =>
  uniform(key, shape, { low: -bound, high: bound, dtype });

/** U(±1/√inputs): PyTorch's default for linear layers. */
export const fanInUniform: Initializer = (key, shape, dtype) =>
  symmetric(key, shape, fans(shape)[0] ** -0.5, dtype);

/** U(±√(6 / (inputs + outputs))), for tanh and sigmoid networks (Glorot and Bengio, 2010). */
export const glorotUniform: Initializer = (key, shape, dtype) => {
  const [inputs, outputs] = fans(shape);
  return symmetric(key, shape, Math.sqrt(6 / (inputs + outputs)), dtype);
};

/** N(0, 2 / inputs), for ReLU networks (He et al., arXiv 1502.01852). */
export const heNormal: Initializer = (key, shape, dtype = 'float32') =>
  normal(key, shape, { dtype }).mul(Math.sqrt(2 / fans(shape)[0]));

/** N(0, deviation²). */
export const scaledNormal =
  (deviation: number): Initializer =>
  (key, shape, dtype = 'float32') =>
    normal(key, shape, { dtype }).mul(deviation);
