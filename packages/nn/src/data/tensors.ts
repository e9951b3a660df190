import { type DType, type Tensor, type TypedArray, tensor } from '@evenkeel/tensor';
import { type HostArray, type HostBatch, requireHostArray } from './dataset.js';

/** Tensors under the names of a batch's arrays. */
export type TensorBatch<Batch extends HostBatch = HostBatch> = { readonly [Name in keyof Batch]: Tensor };

/**
 * The arrays of a batch as tensors of their dtypes, integers that stand for floats times their scale.
 * @throws as `columns`, for an array that is not what it says
 */
export const toTensors = <Batch extends HostBatch>(batch: Batch): TensorBatch<Batch> =>
  Object.fromEntries(
    Object.entries(batch).map(([name, array]) => [name, tensorOf(name, array)]),
  ) as TensorBatch<Batch>;

function tensorOf(name: string, array: HostArray): Tensor {
  requireHostArray(`toTensors: ${name}`, array);
  const { shape, dtype } = array;
  return tensor(elementsOf(array), { shape, dtype });
}

function elementsOf({ data, dtype, scale = 1 }: HostArray): TypedArray {
  const matches = dtype === 'bool' ? data instanceof Uint8Array : data instanceof arrayOf(dtype);
  if (matches) return data as TypedArray;
  const elements = new (arrayOf(dtype))(data);
  if (scale !== 1) for (let i = 0; i < elements.length; i++) elements[i]! *= scale;
  return elements;
}

const arrayOf = (dtype: DType) =>
  dtype === 'float64' ? Float64Array : dtype === 'int32' ? Int32Array : Float32Array;
