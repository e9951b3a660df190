import type { Tensor } from '../../graph/tensor.js';
import { tril, triu } from '../arrange.js';
import { sum } from '../broadcast.js';
import { withDerivative } from '../derived.js';
import { diagonal, eye } from '../diagonal.js';
import { add, div, less, maximum, mul, neg, sqrt, sub, where } from '../elementwise.js';
import { zeros } from '../fill.js';
import { matMul } from '../matMul.js';
import { concat, expandAxis, pad } from '../movement.js';
import { adjoint, adjointTimes, block, lastTwo, requireMatrices, timesAdjoint } from './matrix.js';
import { triangularInverse } from './triangular.js';

/** 1, or -1 where negative. */
const signOf = (x: Tensor): Tensor => where(less(x, 0), -1, add(mul(x, 0), 1));

const normOf = (column: Tensor): Tensor => sqrt(sum(mul(column, column), { axis: -2, keepAxes: true }));

/** Below any norm that is not zero, to divide by. */
const tiny = 1e-30;

/** Unit vectors u of the reflections I - 2 u uᵀ that make [..., m, n] upper triangular, as columns; of a zero column, zero. */
function reflections(a: Tensor): Tensor {
  const n = a.length(-1);
  const columns: Tensor[] = [];
  let rest = a;
  for (let j = 0; j < n; j++) {
    const column = block(rest, [0, 0], [undefined, 1]);
    const shift = mul(signOf(block(column, [0, 0], [1, 1])), normOf(column));
    const normal = add(column, pad(shift, lastTwo(a, 0, 0), lastTwo(a, column.length(-2) - 1, 0)));
    const unit = div(normal, maximum(normOf(normal), tiny));
    columns.push(pad(unit, lastTwo(a, j, 0), lastTwo(a, 0, 0)));
    if (j === n - 1) break;
    const reflected = sub(rest, matMul(mul(unit, 2), adjointTimes(unit, rest)));
    rest = block(reflected, [1, 1], [undefined, undefined]);
  }
  return concat(columns, -1);
}

/**
 * Orthonormal columns [..., m, n] that span those of `a` (m ≥ n), such that qᵀ · a is upper triangular with a diagonal
 * that is not negative; `signs` [..., 1, n] are those that the columns had to be multiplied by.
 */
export function orthonormalColumns(a: Tensor): { readonly q: Tensor; readonly signs: Tensor } {
  const [m, n] = requireMatrices('qr', a);
  const units = reflections(a);
  // The product of reflections is I - U T Uᵀ, with T the inverse of the upper triangle of UᵀU whose diagonal is halved.
  const products = triu(adjointTimes(units, units), 1);
  const inner = adjoint(triangularInverse(adjoint(add(products, mul(eye(n, n, a.dtype), 0.5)))));
  const top = block(units, [0, 0], [n, undefined]);
  const q = sub(eye(m, n, a.dtype), timesAdjoint(matMul(units, inner), top));
  const signs = expandAxis(signOf(diagonal(adjointTimes(q, a))), -2);
  return { q: mul(q, signs), signs };
}

/** A matrix product that is upper triangular but for rounding. */
const triangleOf = (q: Tensor, a: Tensor): Tensor => triu(adjointTimes(q, a));

const qOfTall = (a: Tensor): Tensor =>
  withDerivative(orthonormalColumns(a).q, [a], (cotangent, [matrix], q) => {
    const inverse = adjoint(triangularInverse(adjoint(triangleOf(q, matrix!))));
    const products = neg(adjointTimes(cotangent, q));
    const symmetric = add(tril(products), adjoint(tril(products, -1)));
    return [timesAdjoint(add(cotangent, matMul(q, symmetric)), inverse)];
  });

/**
 * A = Q · R for A [..., m, n] with k = min(m, n): Q [..., m, k] has orthonormal columns, R [..., k, n] is upper triangular
 * and its diagonal is not negative, which makes both unique. Runs in the graph by Householder reflections, about twenty
 * operators a column, with derivatives of every order where the first k columns are independent.
 */
export function qr(a: Tensor): { readonly q: Tensor; readonly r: Tensor } {
  const [m, n] = requireMatrices('qr', a);
  const k = Math.min(m, n);
  if (a.size === 0) {
    const leading = a.shape.slice(0, -2);
    return { q: zeros([...leading, m, k], a.dtype), r: zeros([...leading, k, n], a.dtype) };
  }
  const q = qOfTall(m < n ? block(a, [0, 0], [undefined, m]) : a);
  return { q, r: triangleOf(q, a) };
}
