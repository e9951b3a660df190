import { DTypeError } from './errors.js';

/** Element type of a tensor. `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'int64' | 'uint32' | 'bool';

/** What the elements of a tensor are stored in. */
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint32: Uint32Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>;

/** Whether it is a floating-point type, so that there are derivatives. */
export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64';

export const isDType = (name: string): name is DType => Object.hasOwn(arrays, name);

/** The dtype that a typed array is stored as; undefined for arrays that no dtype uses. */
export const dtypeOf = (array: ArrayBufferView): DType | undefined =>
  (Object.keys(arrays) as DType[]).find((dtype) => dtype !== 'bool' && array instanceof arrays[dtype]);

export const emptyArray = (dtype: DType, length: number): TypedArray => new arrays[dtype](length);

/** Numbers as elements of `dtype`. @throws DTypeError when an integer type would lose a fraction or range. */
export function elementsFrom(numbers: ArrayLike<number | boolean>, dtype: DType): TypedArray {
  const elements = emptyArray(dtype, numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = Number(numbers[i]);
    if (elements instanceof BigInt64Array) {
      requireInteger(number, dtype);
      elements[i] = BigInt(number);
    } else {
      elements[i] = dtype === 'bool' ? Number(number !== 0) : number;
      if (!isFloat(dtype) && dtype !== 'bool' && elements[i] !== number)
        requireInteger(Number.NaN, dtype, number);
    }
  }
  return elements;
}

function requireInteger(value: number, dtype: DType, shown: number = value): void {
  if (!Number.isSafeInteger(value)) throw new DTypeError(`tensor: ${shown} is not a value of ${dtype}`);
}
