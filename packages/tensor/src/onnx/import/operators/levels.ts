import type { Tensor } from '../../../graph/tensor.js';
import { leakyRelu } from '../../../ops/activation.js';
import { add, mul, sigmoid } from '../../../ops/elementwise.js';
import { concat } from '../../../ops/movement.js';
import type { Call, Operator, Operators } from '../call.js';
import { tensorValue, Value } from '../value.js';
import { dequantizeAt, requantize } from './quantization.js';
import { windowed } from './windows.js';

// ONNX Runtime's own operators on quantized numbers: those on floats, between taking the numbers and quantizing again.

/** Inputs come as numbers, scale and zero point each; the result's scale and zero point are last. */
const quantized =
  (count: number, operation: (call: Call, ...inputs: Tensor[]) => Tensor): Operator =>
  (call) => {
    const inputs = Array.from({ length: count }, (_, i) => dequantizeAt(call, 3 * i));
    return requantize(call, operation(call, ...inputs), 3 * count);
  };

/** @param operator of the standard that takes one input and the same attributes */
const standard = (operator: Operator | undefined) =>
  quantized(1, (call, x) => {
    if (call.int('channels_last', 0)) throw call.error('channels in the last axis are not supported');
    const result = operator!(call.withInputs([tensorValue(x)], call.tracing.model.opsets.get('') ?? 1));
    return result instanceof Value ? result.tensor : (result as Tensor);
  });

/** The result's scale and zero point come first. */
function concatenated(call: Call): Value {
  const count = Math.floor((call.inputs.length - 2) / 3);
  const parts = Array.from({ length: count }, (_, i) => dequantizeAt(call, 2 + 3 * i));
  return requantize(call, concat(parts, call.int('axis')), 0);
}

export const microsoftLevels: Operators = {
  QLinearAdd: quantized(2, (_, a, b) => add(a, b)),
  QLinearAveragePool: standard(windowed.AveragePool),
  QLinearConcat: concatenated,
  QLinearGlobalAveragePool: standard(windowed.GlobalAveragePool),
  QLinearLeakyRelu: quantized(1, (call, x) => leakyRelu(x, call.float('alpha', 0.01))),
  QLinearMul: quantized(2, (_, a, b) => mul(a, b)),
  QLinearSigmoid: quantized(1, (_, x) => sigmoid(x)),
};
