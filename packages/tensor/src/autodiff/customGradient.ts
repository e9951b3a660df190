import { ShapeError } from '../graph/errors.js';
import { formatShape, sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { withDerivative } from '../ops/derived.js';

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
  return (...inputs) =>
    withDerivative(forward(...inputs), inputs, (cotangent, given, output) => {
      const cotangents = backward(cotangent, given as unknown as Inputs, output);
      given.forEach((input, i) => {
        const each = cotangents[i];
        if (each && !sameShape(each.shape, input.shape)) {
          throw new ShapeError(
            `customGradient: cotangent ${i} should be ${formatShape(input.shape)}, got ${formatShape(each.shape)}`,
          );
        }
      });
      return cotangents;
    });
}
