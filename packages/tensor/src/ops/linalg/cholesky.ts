import type { Tensor } from '../../graph/tensor.js';
import { tril } from '../arrange.js';
import { withDerivative } from '../derived.js';
import { eye } from '../diagonal.js';
import { div, mul, sqrt, sub } from '../elementwise.js';
import { matMul } from '../matMul.js';
import { concat, pad } from '../movement.js';
import { adjointTimes, block, lastTwo, requireSquare, symmetricPart, timesAdjoint } from './matrix.js';
import { triangularInverse } from './triangular.js';

/** Column by column; what is left of the matrix after each is smaller by one row and column. */
function choleskyColumns(a: Tensor): Tensor {
  const n = a.length(-1);
  const columns: Tensor[] = [];
  let rest = a;
  for (let j = 0; j < n; j++) {
    const column = div(block(rest, [0, 0], [undefined, 1]), sqrt(block(rest, [0, 0], [1, 1])));
    columns.push(pad(column, lastTwo(a, j, 0), lastTwo(a, 0, 0)));
    if (j === n - 1) break;
    const below = block(column, [1, 0], [undefined, undefined]);
    rest = sub(block(rest, [1, 1], [undefined, undefined]), timesAdjoint(below, below));
  }
  return concat(columns, -1);
}

/**
 * The lower triangular L with L · Lᵀ = A and a positive diagonal, for symmetric positive definite A [..., n, n] (of other
 * matrices, the symmetric part is taken; NaN where it is not positive definite). Runs in the graph, about nine operators a
 * column, with derivatives of every order.
 */
export function cholesky(a: Tensor): Tensor {
  const n = requireSquare('cholesky', a);
  if (a.size === 0) return a;
  const symmetric = symmetricPart(a);
  return withDerivative(choleskyColumns(symmetric), [symmetric], (cotangent, _, lower) => {
    const inverse = triangularInverse(lower);
    const triangle = tril(adjointTimes(lower, cotangent));
    const halved = sub(triangle, mul(triangle, mul(eye(n, n, a.dtype), 0.5)));
    return [matMul(adjointTimes(inverse, halved), inverse)];
  });
}
