import { type DType, DTypeError, formatShape, ShapeError, sizeOf } from '@evenkeel/tensor';

/**
 * Numbers of the host with a shape, in row-major order; the first axis counts samples. Bytes or int32 may stand for floats
 * (`dtype` float32 or float64), each of the value raw · scale; bytes may stand for int32 and bool too. Other data are of
 * their own dtype.
 */
export interface HostArray {
  readonly data: Uint8Array | Int32Array | Float32Array | Float64Array;
  readonly shape: readonly number[];
  /** Of the tensor that is made of it. */
  readonly dtype: DType;
  /** Of integers that stand for floats; 1 unless said. */
  readonly scale?: number;
}

/** Arrays by name, all with the same number of samples. */
export type HostBatch = Readonly<Record<string, HostArray>>;

/** Samples by number. */
export interface Dataset<Batch extends HostBatch = HostBatch> {
  /** Number of samples. */
  readonly length: number;
  /** The samples of the given numbers, in that order; a number may come twice. */
  read(indices: readonly number[]): Batch | Promise<Batch>;
}

/** Samples in memory: columns of equal length. */
export interface Columns<Batch extends HostBatch = HostBatch> extends Dataset<Batch> {
  readonly columns: Batch;
  read(indices: readonly number[]): Batch;
}

/**
 * A data set of arrays in memory, which are not copied.
 * @throws ShapeError when an array does not fill its shape or the first axes differ; DTypeError when data cannot stand for
 *   their dtype; RangeError for no arrays, or a scale where there is none
 */
export function columns<Batch extends HostBatch>(arrays: Batch): Columns<Batch> {
  const names = Object.keys(arrays);
  if (names.length === 0) throw new RangeError('columns: expected at least one array');
  for (const name of names) requireHostArray(`columns: ${name}`, arrays[name]!);
  const length = arrays[names[0]!]!.shape[0]!;
  const other = names.find((name) => arrays[name]!.shape[0] !== length);
  if (other !== undefined) {
    throw new ShapeError(
      `columns: ${names[0]} has ${length} samples, ${other} has ${arrays[other]!.shape[0]}: ${names
        .map((name) => `${name} ${formatShape(arrays[name]!.shape)}`)
        .join(', ')}`,
    );
  }
  return {
    length,
    columns: arrays,
    read(indices) {
      requireIndices('read', indices, length);
      return mapColumns(arrays, (array) => takeRows(array, indices));
    },
  };
}

/** Some samples of a data set, by number and in the given order: a view, which reads when it is read. */
export function select<Batch extends HostBatch>(
  dataset: Columns<Batch>,
  indices: ArrayLike<number>,
): Columns<Batch>;
export function select<Batch extends HostBatch>(
  dataset: Dataset<Batch>,
  indices: ArrayLike<number>,
): Dataset<Batch>;
export function select<Batch extends HostBatch>(
  dataset: Dataset<Batch> | Columns<Batch>,
  indices: ArrayLike<number>,
): Dataset<Batch> {
  requireIndices('select', indices, dataset.length);
  const chosen = Int32Array.from(indices);
  const original = (own: readonly number[]) => {
    requireIndices('read', own, chosen.length);
    return own.map((index) => chosen[index]!);
  };
  const view = { length: chosen.length, read: (own: readonly number[]) => dataset.read(original(own)) };
  if (!('columns' in dataset)) return view;
  let gathered: Batch | undefined;
  return {
    ...view,
    get columns() {
      gathered ??= mapColumns(dataset.columns, (array) => takeRows(array, chosen));
      return gathered;
    },
  } as Columns<Batch>;
}

/** The same function of every array of a batch. */
export const mapColumns = <Batch extends HostBatch>(
  batch: Batch,
  fn: (array: HostArray, name: string) => HostArray,
): Batch =>
  Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, fn(array, name)])) as Batch;

/** The given rows of an array as a new one. */
export function takeRows(array: HostArray, indices: ArrayLike<number>): HostArray {
  const [, ...row] = array.shape;
  const width = sizeOf(row);
  const data = newLike(array.data, indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * width;
    if (width === 1) data[i] = array.data[from]!;
    else data.set(array.data.subarray(from, from + width), i * width);
  }
  return { ...array, data, shape: [indices.length, ...row] };
}

/** A new array of the same type, filled with zeros. */
export function newLike(data: HostArray['data'], length: number): HostArray['data'] {
  if (data instanceof Uint8Array) return new Uint8Array(length);
  if (data instanceof Int32Array) return new Int32Array(length);
  return data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

/** @throws ShapeError, DTypeError or RangeError when it is not what `HostArray` says */
export function requireHostArray(name: string, { data, shape, dtype, scale }: HostArray): void {
  if (shape.length === 0) throw new ShapeError(`${name}: expected an axis of samples, got the shape []`);
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new ShapeError(`${name}: ${formatShape(shape)} is no shape`);
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(`${name}: ${data.length} elements do not fill shape ${formatShape(shape)}`);
  }
  const allowed = dtypesOf(data);
  if (!allowed.includes(dtype)) {
    const kind = data.constructor.name;
    throw new DTypeError(`${name}: a ${kind} can stand for ${allowed.join(', ')}, not for ${dtype}`);
  }
  if (scale === undefined) return;
  const integers = data instanceof Uint8Array || data instanceof Int32Array;
  if (!integers || (dtype !== 'float32' && dtype !== 'float64')) {
    throw new RangeError(`${name}: a scale is for integers that stand for floats, not for ${dtype} in place`);
  }
  if (!Number.isFinite(scale)) throw new RangeError(`${name}: scale must be finite, got ${scale}`);
}

function dtypesOf(data: HostArray['data']): readonly DType[] {
  if (data instanceof Uint8Array) return ['float32', 'float64', 'int32', 'bool'];
  if (data instanceof Int32Array) return ['int32', 'float32', 'float64'];
  return data instanceof Float32Array ? ['float32'] : ['float64'];
}

/** @throws RangeError for a number that is no sample's */
export function requireIndices(name: string, indices: ArrayLike<number>, length: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (!(Number.isInteger(index) && index >= 0 && index < length)) {
      throw new RangeError(`${name}: there is no sample ${index} among ${length}`);
    }
  }
}
