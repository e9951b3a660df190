import { DTypeError, ShapeError } from '../graph/errors.js';
import { apply, type Primitive } from '../graph/primitive.js';
import { broadcastShapes, formatShape, type Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, reshape, sumTo } from './broadcast.js';
import { emitFilled, emitMatMul } from './emit.js';

/** Which operands are taken with their last two axes swapped. */
export interface MatMulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const matrixOf = (shape: Shape, transposed: boolean): [rows: number, columns: number] => {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
};

const shown = (shape: Shape, transposed: boolean): string => `${formatShape(shape)}${transposed ? 'ᵀ' : ''}`;

const matMulPrimitive: Primitive<Required<MatMulOptions>> = {
  name: 'matMul',
  infer([a, b], { transposeA, transposeB }) {
    const [rows, inner] = matrixOf(a!.shape, transposeA);
    const [otherInner, columns] = matrixOf(b!.shape, transposeB);
    if (inner !== otherInner) {
      throw new ShapeError(
        `matMul: inner dimensions differ: ${shown(a!.shape, transposeA)} · ${shown(b!.shape, transposeB)}`,
      );
    }
    const batch = broadcastShapes('matMul (leading axes)', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return { shape: [...batch, rows, columns], dtype: a!.dtype };
  },
  vjp(cotangent, { inputs: [a, b], attributes: { transposeA, transposeB } }) {
    const forA = transposeA
      ? matMul(b!, cotangent, { transposeA: transposeB, transposeB: true })
      : matMul(cotangent, b!, { transposeB: !transposeB });
    const forB = transposeB
      ? matMul(cotangent, a!, { transposeA: true, transposeB: transposeA })
      : matMul(a!, cotangent, { transposeA: !transposeA });
    return [sumTo(forA, a!.shape), sumTo(forB, b!.shape)];
  },
  emit(emitter, names, { inputs, attributes: { transposeA, transposeB }, output }) {
    // ONNX Runtime's product with transposed operands does not take all of these.
    if (inputs.some(({ size }) => size === 0)) return emitFilled(emitter, 0, output.shape, output.dtype);
    const ranks = inputs.map(({ rank }) => rank);
    return emitMatMul(emitter, names, ranks, [transposeA, transposeB]);
  },
};

/**
 * Matrix product over the last two axes: `[…, n, k] · […, k, m] → […, n, m]`; leading axes broadcast. A vector is taken
 * as a row on the left and as a column on the right, and its axis is dropped from the result.
 * @throws ShapeError when the inner dimensions differ; DTypeError unless both are the same floating-point dtype
 */
export function matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = options;
  requireFloat('matMul', a);
  if (a.dtype !== b.dtype)
    throw new DTypeError(`matMul: dtypes differ: ${a.dtype} and ${b.dtype}; convert one with cast()`);
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError(
      `matMul: expected vectors or matrices, got ${formatShape(a.shape)} · ${formatShape(b.shape)}`,
    );
  }
  if (a.rank === 1 || b.rank === 1) return vectorProduct(a, b, options);
  // One matrix on the right of a batch: one large product is faster than many small ones, in both directions.
  if (b.rank === 2 && a.rank > 2 && !transposeA) {
    const rows = apply(matMulPrimitive, [reshape(a, [a.size / Math.max(1, a.length(-1)), a.length(-1)]), b], {
      transposeA,
      transposeB,
    });
    return reshape(rows, [...a.shape.slice(0, -1), rows.length(1)]);
  }
  return apply(matMulPrimitive, [a, b], { transposeA, transposeB });
}

function vectorProduct(a: Tensor, b: Tensor, options: MatMulOptions): Tensor {
  if ((a.rank === 1 && options.transposeA) || (b.rank === 1 && options.transposeB)) {
    throw new ShapeError('matMul: a vector cannot be transposed; reshape it to a matrix');
  }
  if (a.rank === 1 && a.length(0) !== b.length(b.rank > 1 && !options.transposeB ? -2 : -1)) {
    throw new ShapeError(
      `matMul: inner dimensions differ: ${formatShape(a.shape)} · ${formatShape(b.shape)}`,
    );
  }
  if (b.rank === 1 && b.length(0) !== a.length(a.rank > 1 && options.transposeA ? -2 : -1)) {
    throw new ShapeError(
      `matMul: inner dimensions differ: ${formatShape(a.shape)} · ${formatShape(b.shape)}`,
    );
  }
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  const product = matMul(left, right, options);
  const shape = product.shape.filter(
    (_, axis) => !(a.rank === 1 && axis === product.rank - 2) && !(b.rank === 1 && axis === product.rank - 1),
  );
  return reshape(product, shape);
}
