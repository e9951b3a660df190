import { type Application, apply, type Primitive } from '../graph/primitive.js';
import { normalizeAxis } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { requireFloat, sum } from './broadcast.js';
import { exp, mul, sub } from './elementwise.js';

type Rule = (cotangent: Tensor, output: Tensor, axis: number) => Tensor;

function normalizer(name: string, operator: string, vjp: Rule): (input: Tensor, axis?: number) => Tensor {
  const primitive: Primitive<{ axis: number }> = {
    name,
    infer([input]) {
      requireFloat(name, input!);
      return { shape: input!.shape, dtype: input!.dtype };
    },
    vjp: (cotangent, { output, attributes: { axis } }: Application<{ axis: number }>) => [
      vjp(cotangent, output, axis),
    ],
    emit: (emitter, [input], { attributes: { axis } }) =>
      emitter.operator(operator, [input!], { axis: { int: axis } }),
  };
  return (input, axis = -1) => apply(primitive, [input], { axis: normalizeAxis(name, axis, input.rank) });
}

/** exp(x) / Σ exp(x) along an axis, the last unless said; without overflow. */
export const softmax = normalizer('softmax', 'Softmax', (ct, y, axis) =>
  mul(y, sub(ct, sum(mul(ct, y), { axis, keepAxes: true }))),
);

/** x - log Σ exp(x) along an axis, the last unless said; without overflow. */
export const logSoftmax = normalizer('logSoftmax', 'LogSoftmax', (ct, y, axis) =>
  sub(ct, mul(exp(y), sum(ct, { axis, keepAxes: true }))),
);
