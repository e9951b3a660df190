import { DTypeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { normalizeAxis } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';

export interface CumSumOptions {
  /** The last axis unless said; negative axes count from the back. */
  readonly axis?: number;
  /** Whether an element is left out of its own sum, so that the first sum is 0. False unless said. */
  readonly exclusive?: boolean;
  /** Whether sums run from the end of the axis to its start. False unless said. */
  readonly reverse?: boolean;
}

const cumSumPrimitive: Primitive<Required<CumSumOptions>> = {
  name: 'cumSum',
  infer([input]) {
    if (input!.dtype === 'bool' || input!.dtype === 'uint32') {
      throw new DTypeError(`cumSum: expected floats, int32 or int64, got ${input!.dtype}`);
    }
    return { shape: input!.shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { attributes }) => [
    apply(cumSumPrimitive, [cotangent], { ...attributes, reverse: !attributes.reverse }),
  ],
  emit: (emitter, [input], { attributes: { axis, exclusive, reverse } }) =>
    emitter.operator('CumSum', [input!, emitter.constant([axis], 'int64', [])], {
      exclusive: { int: Number(exclusive) },
      reverse: { int: Number(reverse) },
    }),
};

/** Running sums along an axis, in the shape of the input. @throws DTypeError for bool and uint32 */
export const cumSum = (
  input: Tensor,
  { axis = -1, exclusive = false, reverse = false }: CumSumOptions = {},
): Tensor =>
  apply(cumSumPrimitive, [input], { axis: normalizeAxis('cumSum', axis, input.rank), exclusive, reverse });
