import { apply, type Primitive } from '../graph/primitive.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat } from './broadcast.js';
import {
  abs,
  add,
  cast,
  erf,
  exp,
  greater,
  less,
  mul,
  relu,
  sigmoid,
  sub,
  tanh,
  where,
} from './elementwise.js';
import { emitErfc } from './erf.js';
import { emitLogOnePlusExp, expm1 } from './exponential.js';
import { formula } from './formula.js';
import { unary } from './pointwise.js';

/** log(1 + exp(x)) without overflow, accurate for negative x. */
export const softplus = unary({
  name: 'softplus',
  dtypes: 'float',
  // ONNX Runtime's own operator takes more than twice as long.
  emit(emitter, input, dtype) {
    const form = formula(emitter, dtype);
    return form.add(emitter.operator('Relu', [input]), emitLogOnePlusExp(form, form.abs(input)));
  },
  vjp: (ct, x) => mul(ct, sigmoid(x)),
});

export interface GeluOptions {
  /** `tanh` for GPT-2's approximation; the exact function unless said. */
  readonly approximate?: 'none' | 'tanh';
}

const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;

const geluPrimitive: Primitive<Required<GeluOptions>> = {
  name: 'gelu',
  infer([input]) {
    requireFloat('gelu', input!);
    return { shape: input!.shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input], attributes: { approximate } }) => [
    mul(cotangent, approximate === 'tanh' ? tanhGeluSlope(input!) : exactGeluSlope(input!)),
  ],
  emit(emitter, [x], { attributes: { approximate }, output: { dtype } }) {
    const { opset = 21 } = emitter.target;
    if (dtype === 'float32' && opset >= 20) {
      return emitter.operator('Gelu', [x!], { approximate: { string: approximate } });
    }
    const form = formula(emitter, dtype);
    const half = form.mul(x!, 0.5);
    if (approximate === 'none' && dtype === 'float32') {
      return form.mul(half, form.add(emitter.operator('Erf', [form.mul(x!, Math.SQRT1_2)]), 1));
    }
    if (approximate === 'none') {
      return form.mul(half, emitErfc(emitter, form.mul(x!, -Math.SQRT1_2), 'float64'));
    }
    const cubic = form.add(form.mul(form.mul(x!, x!), tanhCubic), 1);
    const inner = form.mul(form.mul(x!, tanhScale), cubic);
    return form.mul(half, form.add(form.tanh(inner), 1));
  },
};

function exactGeluSlope(x: Tensor): Tensor {
  const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
  const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return add(cumulative, mul(x, density));
}

function tanhGeluSlope(x: Tensor): Tensor {
  const squared = mul(x, x);
  const inner = tanh(mul(mul(x, tanhScale), add(mul(squared, tanhCubic), 1)));
  const innerSlope = mul(add(mul(squared, 3 * tanhCubic), 1), tanhScale);
  const curve = mul(mul(x, 0.5), mul(sub(1, mul(inner, inner)), innerSlope));
  return add(mul(add(inner, 1), 0.5), curve);
}

/** x times the probability that a standard normal number is below x. */
export const gelu = (input: Tensor, { approximate = 'none' }: GeluOptions = {}): Tensor =>
  apply(geluPrimitive, [input], { approximate });

/** x · sigmoid(x), also called swish. */
export const silu = (input: Tensor): Tensor => mul(input, sigmoid(input));

/** x · tanh(softplus(x)). */
export const mish = (input: Tensor): Tensor => mul(input, tanh(softplus(input)));

/** x where positive, else alpha · (exp(x) - 1). Its derivative at 0 is alpha. */
export function elu(input: Tensor, alpha = 1): Tensor {
  requireFloat('elu', input);
  return add(relu(input), mul(expm1(where(greater(input, 0), 0, input)), alpha));
}

const leakyReluPrimitive: Primitive<{ slope: number }> = {
  name: 'leakyRelu',
  infer([input]) {
    requireFloat('leakyRelu', input!);
    return { shape: input!.shape, dtype: input!.dtype };
  },
  vjp: (cotangent, { inputs: [input], attributes: { slope } }) => [
    mul(cotangent, add(mul(cast(greater(input!, 0), input!.dtype), 1 - slope), slope)),
  ],
  emit(emitter, [x], { attributes: { slope }, output: { dtype } }) {
    if (dtype === 'float32') return emitter.operator('LeakyRelu', [x!], { alpha: { float: slope } });
    const { add, max, min, mul } = formula(emitter, dtype);
    return add(max(x!, 0), mul(min(x!, 0), slope));
  },
};

/** x where positive, else slope · x. Its derivative at 0 is the slope. */
export const leakyRelu = (input: Tensor, slope = 0.01): Tensor =>
  apply(leakyReluPrimitive, [input], { slope });

/** x / 6 + 1/2 kept between 0 and 1. Its derivative at ±3 is 0. */
export const hardSigmoid = unary({
  name: 'hardSigmoid',
  dtypes: 'float',
  emit(emitter, input, dtype) {
    const { add, max, min, mul } = formula(emitter, dtype);
    return min(max(add(mul(input, 1 / 6), 0.5), 0), 1);
  },
  vjp: (ct, x) => mul(ct, mul(cast(less(abs(x), 3), x.dtype), 1 / 6)),
});

/** x · hardSigmoid(x). */
export const hardSwish = (input: Tensor): Tensor => mul(input, hardSigmoid(input));
