import { add, erf, exp, log, maximum, mul, neg, sigmoid, type Tensor, tanh } from '@evenkeel/tensor';

export { relu, sigmoid, softmax, tanh } from '@evenkeel/tensor';

/** x Φ(x) with the normal distribution function Φ (arXiv 1606.08415). */
export const gelu = (x: Tensor): Tensor => x.mul(0.5).mul(add(erf(x.mul(Math.SQRT1_2)), 1));

/** The approximation ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) of `gelu`. */
export const geluTanh = (x: Tensor): Tensor =>
  x.mul(0.5).mul(add(tanh(x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI))), 1));

/** x σ(x), also called swish. */
export const silu = (x: Tensor): Tensor => x.mul(sigmoid(x));

/** log(1 + exp(x)), without overflow. */
export const softplus = (x: Tensor): Tensor => maximum(x, 0).add(log(add(exp(neg(x.abs())), 1)));

/** x where positive, else slope · x. */
export const leakyRelu = (x: Tensor, slope = 0.01): Tensor => maximum(x, mul(x, slope));
