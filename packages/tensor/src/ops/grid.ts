import { type DType, isFloat } from '../graph/dtype.js';
import { DTypeError, ShapeError } from '../graph/errors.js';
import { formatShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { broadcastTo, reshape } from './broadcast.js';
import { literal } from './create.js';
import { add, cast, div, mul, sub } from './elementwise.js';
import { iota } from './gather.js';

/**
 * `count` numbers at equal distances, the first `start` and the last `stop`; of one, `start`.
 * @throws DTypeError unless `dtype` (float32 unless said) is floating-point
 */
export function linspace(start: number, stop: number, count: number, dtype: DType = 'float32'): Tensor {
  if (!isFloat(dtype)) throw new DTypeError(`linspace: expected float32 or float64, got ${dtype}`);
  const steps = cast(iota(count), dtype);
  if (count < 2) return add(steps, start);
  // From both ends, so that both are exact.
  const share = div(steps, count - 1);
  return add(mul(sub(literal(1, dtype), share), start), mul(share, stop));
}

/** Coordinates of a grid: from vectors [n], [m], … as many tensors [n, m, …], the i-th of which varies along axis i. */
export function meshgrid(...vectors: readonly Tensor[]): Tensor[] {
  const scalar = vectors.find(({ rank }) => rank !== 1);
  if (scalar) throw new ShapeError(`meshgrid: expected vectors, got ${formatShape(scalar.shape)}`);
  const shape = vectors.map(({ size }) => size);
  return vectors.map((vector, axis) =>
    broadcastTo(
      reshape(
        vector,
        shape.map((length, each) => (each === axis ? length : 1)),
      ),
      shape,
    ),
  );
}
