import { isFloat } from '../../../graph/dtype.js';
import { normalizeAxis } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { flip } from '../../../ops/arrange.js';
import { type ReduceOptions, sum } from '../../../ops/broadcast.js';
import { abs, cast, log, mul, neg, sqrt, sub } from '../../../ops/elementwise.js';
import { expandAxis } from '../../../ops/movement.js';
import { argMax, argMin, logSumExp, max, mean, min, prod } from '../../../ops/reduce.js';
import { cumSum } from '../../../ops/scan.js';
import { topK } from '../../../ops/sort.js';
import type { Operator, Operators } from '../call.js';
import { axesOf } from '../reduceAxes.js';

const reduction =
  (operation: (x: Tensor, options: ReduceOptions) => Tensor): Operator =>
  (call) => {
    const axis = axesOf(call);
    return operation(call.tensor(0), { ...(axis && { axis }), keepAxes: call.int('keepdims', 1) !== 0 });
  };

/** Integers are multiplied as float64, which holds products below 2⁵³ exactly. */
const product = (x: Tensor, options: ReduceOptions): Tensor =>
  isFloat(x.dtype) ? prod(x, options) : cast(prod(cast(x, 'float64'), options), x.dtype);

const extremeIndex =
  (operation: (x: Tensor, axis: number) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    const axis = normalizeAxis(call.node.type, call.int('axis', 0), x.rank);
    const last = call.int('select_last_index', 0) !== 0;
    const first = operation(last ? flip(x, axis) : x, axis);
    const found = cast(first, 'int64');
    const index = last ? sub(x.shape[axis]! - 1, found) : found;
    return call.int('keepdims', 1) ? expandAxis(index, axis) : index;
  };

export const reductions: Operators = {
  ArgMax: extremeIndex(argMax),
  ArgMin: extremeIndex(argMin),
  CumSum: (call) =>
    cumSum(call.tensor(0), {
      axis: call.number(1, 'axis'),
      exclusive: call.int('exclusive', 0) !== 0,
      reverse: call.int('reverse', 0) !== 0,
    }),
  ReduceL1: reduction((x, options) => sum(abs(x), options)),
  ReduceL2: reduction((x, options) => sqrt(sum(mul(x, x), options))),
  ReduceLogSum: reduction((x, options) => log(sum(x, options))),
  ReduceLogSumExp: reduction(logSumExp),
  ReduceMax: reduction((x, options) =>
    x.dtype === 'bool' ? cast(max(cast(x, 'int32'), options), 'bool') : max(x, options),
  ),
  ReduceMean: reduction(mean),
  ReduceMin: reduction((x, options) =>
    x.dtype === 'bool' ? cast(min(cast(x, 'int32'), options), 'bool') : min(x, options),
  ),
  ReduceProd: reduction(product),
  ReduceSum: reduction(sum),
  ReduceSumSquare: reduction((x, options) => sum(mul(x, x), options)),
  TopK(call) {
    const x = call.tensor(0);
    const [count, axis] = [call.number(1, 'k'), call.int('axis', -1)];
    if (call.int('largest', 1)) {
      const { values, indices } = topK(x, count, axis);
      return [values, cast(indices, 'int64')];
    }
    const { values, indices } = topK(neg(x), count, axis);
    return [neg(values), cast(indices, 'int64')];
  },
};
