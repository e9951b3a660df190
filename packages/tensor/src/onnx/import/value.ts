import { type DType, elementsFrom, isFloat, type TypedArray } from '../../graph/dtype.js';
import { type Shape, sizeOf } from '../../graph/shape.js';
import type { Tensor, TensorType } from '../../graph/tensor.js';
import { reshape } from '../../ops/broadcast.js';
import { fromValue, literal } from '../../ops/create.js';
import { full } from '../../ops/fill.js';
import type { ElementType } from './elements.js';

/**
 * What flows along the edges of a graph while it is traced: a tensor, or numbers that are known already, such as shapes
 * and what is computed from them.
 */
export class Value implements TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
  /** The elements, row-major, if they are known. */
  readonly numbers: readonly number[] | undefined;
  /** What the file stores it as, where that is known and narrower than the dtype. */
  readonly stored: ElementType | undefined;
  /** Quantized levels as floats, through which derivatives flow as if nothing had been rounded. */
  readonly levels: Tensor | undefined;
  #tensor: Tensor | undefined;

  constructor(
    { dtype, shape }: TensorType,
    content: {
      readonly numbers?: readonly number[];
      readonly tensor?: Tensor | undefined;
      readonly stored?: ElementType | undefined;
      readonly levels?: Tensor;
    },
  ) {
    this.dtype = dtype;
    this.shape = shape;
    this.numbers = content.numbers;
    this.stored = content.stored;
    this.levels = content.levels;
    this.#tensor = content.tensor;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The tensor; numbers that are known become constants of the program. */
  get tensor(): Tensor {
    this.#tensor ??= constant(this.numbers ?? [], this);
    return this.#tensor;
  }
}

function constant(numbers: readonly number[], { dtype, shape }: TensorType): Tensor {
  const [first] = numbers;
  if (first === undefined || numbers.some((number) => !Object.is(number, first))) {
    return fromValue({ data: elementsFrom(numbers, dtype), dtype, shape });
  }
  return numbers.length === 1 ? reshape(literal(first, dtype), shape) : full(shape, first, dtype);
}

export const tensorValue = (tensor: Tensor, stored?: ElementType): Value =>
  new Value(tensor, { tensor, stored });

/** A value whose elements are moved about: by the same operation on all forms that it has. */
export function movedValue(value: Value, operation: (tensor: Tensor) => Tensor): Value {
  const tensor = operation(value.tensor);
  const { stored, levels } = value;
  return new Value(tensor, { tensor, stored, ...(levels && { levels: operation(levels) }) });
}

/** @param numbers row-major, as many as the shape has elements */
export const knownValue = (
  numbers: readonly number[],
  dtype: DType,
  shape: Shape = [numbers.length],
  stored?: ElementType,
): Value =>
  new Value({ dtype, shape }, { numbers: dtype === 'float32' ? numbers.map(Math.fround) : numbers, stored });

/** Tensors with more elements than this are not computed while tracing, even if they are known. */
export const mostKnown = 4096;

/** A tensor of a file; few elements are known to the graph, many stay a tensor. */
export function storedValue(data: TypedArray, dtype: DType, shape: Shape, stored: ElementType): Value {
  const tensor = fromValue({ data, dtype, shape });
  if (sizeOf(shape) > mostKnown) return tensorValue(tensor, stored);
  const numbers = Array.from(data as ArrayLike<number>, Number);
  // Integers of 2⁵³ and more are not exact as numbers.
  const exact = isFloat(dtype) || numbers.every(Number.isSafeInteger);
  return new Value(tensor, { numbers, stored, tensor: exact ? undefined : tensor });
}
