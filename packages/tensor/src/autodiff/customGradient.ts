import { ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { formatShape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';

/**
 * A function with a derivative of one's own.
 * @param forward computes the result from the inputs
 * @param backward from the result's cotangent to one cotangent an input, or undefined for zero; it is traced like any
 *   function, so that it can be differentiated in turn
 * @example a straight-through estimator: `customGradient((x) => round(x), (cotangent) => [cotangent])`
 */
export function customGradient<Inputs extends readonly Tensor[]>(
  forward: (...inputs: Inputs) => Tensor,
  backward: (cotangent: Tensor, inputs: Inputs, output: Tensor) => readonly (Tensor | undefined)[],
): (...inputs: Inputs) => Tensor {
  return (...inputs) => {
    const result = forward(...inputs);
    // The node passes the result on; derivatives go past the inside of `forward` straight to the inputs.
    const primitive: Primitive = {
      name: 'customGradient',
      infer: () => result,
      vjp(cotangent, { output }) {
        const cotangents = backward(cotangent, inputs, output);
        inputs.forEach((input, i) => {
          const given = cotangents[i];
          if (given && !sameShape(given.shape, input.shape)) {
            throw new ShapeError(
              `customGradient: cotangent ${i} should be ${formatShape(input.shape)}, got ${formatShape(given.shape)}`,
            );
          }
        });
        return [undefined, ...cotangents];
      },
      emit: (_, [value]) => value!,
    };
    return apply(primitive, [result, ...inputs], {});
  };
}
