/** A matrix most of whose elements are 0: for each row, the columns that are not, and their values. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Where each row begins in the two below, and where the last ends. */
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

/** `matrix · dense`, row-major; `dense` has `width` columns. */
export function times(matrix: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const product = new Float64Array(matrix.rows * width);
  for (let row = 0; row < matrix.rows; row++) {
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const value = matrix.values[at]!;
      const from = matrix.indices[at]! * width;
      const to = row * width;
      for (let column = 0; column < width; column++) product[to + column]! += value * dense[from + column]!;
    }
  }
  return product;
}

/** `matrixᵀ · dense`, row-major; `dense` has `width` columns. */
export function transposedTimes(matrix: SparseMatrix, dense: Float64Array, width: number): Float64Array {
  const product = new Float64Array(matrix.columns * width);
  for (let row = 0; row < matrix.rows; row++) {
    for (let at = matrix.starts[row]!; at < matrix.starts[row + 1]!; at++) {
      const value = matrix.values[at]!;
      const from = row * width;
      const to = matrix.indices[at]! * width;
      for (let column = 0; column < width; column++) product[to + column]! += value * dense[from + column]!;
    }
  }
  return product;
}
