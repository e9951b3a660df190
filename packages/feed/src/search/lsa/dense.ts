// Products of tall matrices, row-major. Four rows at a time: that halves the time, most of which goes into memory.

/** `denseᵀ · dense`: how the columns of a matrix stand to each other. */
export function gram(dense: Float64Array, width: number): number[][] {
  const products = Array.from({ length: width }, () => new Float64Array(width));
  const rows = dense.length / width;
  const none = new Float64Array(width);
  for (let row = 0; row < rows; row += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((next) =>
      row + next < rows ? dense.subarray((row + next) * width, (row + next + 1) * width) : none,
    ) as [Float64Array, Float64Array, Float64Array, Float64Array];
    for (let i = 0; i < width; i++) {
      const [ai, bi, ci, di] = [a[i]!, b[i]!, c[i]!, d[i]!];
      const product = products[i]!;
      for (let j = i; j < width; j++) product[j]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + di * d[j]!;
    }
  }
  return products.map((product, i) => Array.from(product, (value, j) => (j < i ? products[j]![i]! : value)));
}

/** A matrix times a small one of which each element is told. */
export function multiply(
  left: Float64Array,
  width: number,
  element: (row: number, column: number) => number,
  columns: number,
): Float64Array {
  const padded = Math.ceil(width / 4) * 4;
  const right = Array.from({ length: padded }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => (i < width ? element(i, j) : 0)),
  );
  const rows = left.length / width;
  const product = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = row * width;
    const to = product.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < width; i += 4) {
      const [a, b, c, d] = [right[i]!, right[i + 1]!, right[i + 2]!, right[i + 3]!];
      const [p, q, r, s] = [0, 1, 2, 3].map((next) => (i + next < width ? left[from + i + next]! : 0)) as [
        number,
        number,
        number,
        number,
      ];
      for (let j = 0; j < columns; j++) to[j]! += p * a[j]! + q * b[j]! + r * c[j]! + s * d[j]!;
    }
  }
  return product;
}
