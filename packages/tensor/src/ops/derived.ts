import { apply, type Primitive } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';

/** From a result's cotangent to those of the inputs; undefined is zero. Written with differentiable operations. */
export type Derivative = (
  cotangent: Tensor,
  inputs: readonly Tensor[],
  output: Tensor,
) => readonly (Tensor | undefined)[];

/**
 * `result` with a derivative of its own: how it was computed is forgotten, and derivatives go straight to `inputs`.
 * @param derivative uses its arguments only, so that it holds wherever the node is copied
 */
export function withDerivative(result: Tensor, inputs: readonly Tensor[], derivative: Derivative): Tensor {
  const primitive: Primitive = {
    name: 'customGradient',
    infer: ([value]) => ({ shape: value!.shape, dtype: value!.dtype }),
    vjp: (cotangent, { inputs: [, ...given], output }) => [
      undefined,
      ...derivative(cotangent, given, output),
    ],
    emit: (_, [value]) => value!,
  };
  return apply(primitive, [result, ...inputs], {});
}
