import { isFloat } from '../../../graph/dtype.js';
import { normalizeAxis, sizeOf } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { elu, gelu, hardSwish, leakyRelu, mish, softplus } from '../../../ops/activation.js';
import { reshape } from '../../../ops/broadcast.js';
import {
  abs,
  add,
  clip,
  div,
  greater,
  greaterEqual,
  less,
  maximum,
  mul,
  relu,
  sigmoid,
  sub,
  tanh,
  where,
} from '../../../ops/elementwise.js';
import { oneHot } from '../../../ops/gather.js';
import { swapAxes } from '../../../ops/movement.js';
import { argMax } from '../../../ops/reduce.js';
import { logSoftmax, softmax } from '../../../ops/softmax.js';
import type { Call, Operator, Operators } from '../call.js';

const activation =
  (operation: (x: Tensor, call: Call) => Tensor): Operator =>
  (call) =>
    operation(call.tensor(0), call);

/** Before version 13 these took everything from `axis` on as one axis, which was the second unless said. */
const alongAxis =
  (operation: (x: Tensor, axis: number) => Tensor): Operator =>
  (call) => {
    const x = call.tensor(0);
    if (call.opset >= 13) return operation(x, call.int('axis', -1));
    const axis = normalizeAxis(call.node.type, call.int('axis', 1), x.rank);
    const rows = reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
    return reshape(operation(rows, 1), x.shape);
  };

/** 1 at the largest element, else 0. */
function hardmax(x: Tensor, axis: number): Tensor {
  const last = swapAxes(x, axis, -1);
  return swapAxes(oneHot(argMax(last, -1), last.length(-1), x.dtype), axis, -1);
}

/** γ · x above 0, and below it γ · α · (exp(x) - 1). */
const selu = (x: Tensor, call: Call): Tensor =>
  mul(elu(x, call.float('alpha', 1.6732632423543772)), call.float('gamma', 1.0507009873554805));

const celu = (x: Tensor, alpha: number): Tensor => mul(elu(div(x, alpha), 1), alpha);

const hardSigmoidOf = (x: Tensor, call: Call): Tensor =>
  clip(add(mul(x, call.float('alpha', 0.2)), call.float('beta', 0.5)), 0, 1);

const swish = (x: Tensor, alpha: number): Tensor => mul(x, sigmoid(alpha === 1 ? x : mul(x, alpha)));

function shrink(x: Tensor, call: Call): Tensor {
  const [limit, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
  return where(less(x, -limit), add(x, bias), where(greater(x, limit), sub(x, bias), 0));
}

export const activations: Operators = {
  Celu: activation((x, call) => celu(x, call.float('alpha', 1))),
  Elu: activation((x, call) => elu(x, call.float('alpha', 1))),
  Gelu: activation((x, call) => {
    const approximate = call.string('approximate', 'none', ['none', 'tanh']);
    return gelu(x, { approximate: approximate as 'none' | 'tanh' });
  }),
  HardSigmoid: activation(hardSigmoidOf),
  HardSwish: activation(hardSwish),
  Hardmax: alongAxis(hardmax),
  LeakyRelu: activation((x, call) => leakyRelu(x, call.float('alpha', 0.01))),
  LogSoftmax: alongAxis(logSoftmax),
  Mish: activation(mish),
  PRelu: activation((x, call) => where(greaterEqual(x, 0), x, mul(x, call.tensor(1)))),
  Relu: activation((x) => (isFloat(x.dtype) ? relu(x) : maximum(x, 0))),
  Selu: activation(selu),
  Shrink: activation(shrink),
  Sigmoid: activation(sigmoid),
  Softmax: alongAxis(softmax),
  Softplus: activation(softplus),
  Softsign: activation((x) => div(x, add(abs(x), 1))),
  Swish: activation((x, call) => swish(x, call.float('alpha', 1))),
  ThresholdedRelu: activation((x, call) => where(greater(x, call.float('alpha', 1)), x, 0)),
};

/** The function that ONNX Runtime has fused into an operator, by name and numbers. */
export function fusedActivation(call: Call): (x: Tensor) => Tensor {
  const name = call.string('activation', '', [
    '',
    'Relu',
    'Sigmoid',
    'Tanh',
    'LeakyRelu',
    'HardSigmoid',
    'Clip',
  ]);
  const [first, second] = call.floats('activation_params') ?? [call.float('activation_alpha', 0)];
  switch (name) {
    case 'Relu':
      return relu;
    case 'Sigmoid':
      return sigmoid;
    case 'Tanh':
      return tanh;
    case 'LeakyRelu':
      return (x) => leakyRelu(x, first);
    case 'HardSigmoid':
      return (x) => clip(add(mul(x, first ?? 0.2), second ?? 0.5), 0, 1);
    case 'Clip':
      return (x) => clip(x, first ?? -Infinity, second ?? Infinity);
    default:
      return (x) => x;
  }
}

export const microsoftActivations: Operators = {
  BiasGelu: (call) => gelu(add(call.tensor(0), call.tensor(1))),
  FastGelu(call) {
    const [x, bias] = [call.tensor(0), call.optional(1)];
    return gelu(bias ? add(x, bias) : x, { approximate: 'tanh' });
  },
  Gelu: activation((x) => gelu(x)),
  QuickGelu: activation((x, call) => swish(x, call.float('alpha', 1.702))),
};
