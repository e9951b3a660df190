import type { DType } from '../graph/dtype.js';
import {
  type Application,
  apply,
  type Emitter,
  type OnnxAttribute,
  type Primitive,
} from '../graph/primitive.js';
import type { Shape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { reducedShape, reshape, sum } from './broadcast.js';
import { add, mul, sub } from './elementwise.js';
import { emitReshape, inRuns } from './emit.js';
import { mean } from './reduce.js';

// What normalizations are made of. The standardized tensor and the inverse of its spread are each other's derivatives'
// ingredients, so that the two are closed under differentiation, and they share one fused operator where there is one.

interface Standard {
  /** In ascending order, at least one. */
  readonly axes: readonly number[];
  /** Added to the variance before the root. */
  readonly epsilon: number;
}

type Node = Pick<Application<Standard>, 'inputs' | 'attributes'>;

/** Writes the standardized tensor and the inverse of the spread. */
type Form = (emitter: Emitter, x: string, node: Node) => readonly [standard: string, inverse: string];

const standardizePrimitive: Primitive<Standard> = {
  name: 'standardize',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp(cotangent, { inputs: [x], output, attributes }) {
    const average = (tensor: Tensor) => mean(tensor, { axis: attributes.axes, keepAxes: true });
    const along = mul(output, average(mul(cotangent, output)));
    return [
      mul(apply(inverseSpreadPrimitive, [x!], attributes), sub(sub(cotangent, average(cotangent)), along)),
    ];
  },
  emit: (emitter, [x], application) => formOf(emitter, application)(emitter, x!, application)[0],
};

const inverseSpreadPrimitive: Primitive<Standard> = {
  name: 'inverseSpread',
  infer: ([x], { axes }) => ({ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }),
  vjp(cotangent, { inputs: [x], output, attributes }) {
    const count = x!.size / output.size;
    const slope = mul(mul(cotangent, mul(output, output)), -1 / count);
    return [mul(apply(standardizePrimitive, [x!], attributes), slope)];
  },
  emit: (emitter, [x], application) => formOf(emitter, application)(emitter, x!, application)[1],
};

function formOf({ target: { opset = 21 } }: Emitter, { inputs: [x], attributes: { axes } }: Node): Form {
  const { rank, dtype, size } = x!;
  const isTrailing = axes.every((axis, i) => axis === rank - axes.length + i);
  const isFused = isTrailing && dtype === 'float32' && size > 0 && opset >= 17;
  return isFused ? emitLayerNormalization : emitWritten;
}

/** Operators that both outputs may ask for are written once. */
const shared = (
  emitter: Emitter,
  type: string,
  inputs: readonly string[],
  attributes?: Readonly<Record<string, OnnxAttribute>>,
): string => emitter.operators(1, type, inputs, attributes)[0]!;

const emitRepeated = (emitter: Emitter, number: number, shape: Shape): string =>
  shared(emitter, 'Expand', [emitter.constant([number], 'float32', []), emitter.constant(shape, 'int64')]);

const emitLayerNormalization: Form = (emitter, x, { inputs: [input], attributes: { axes, epsilon } }) => {
  const scale = emitRepeated(emitter, 1, input!.shape.slice(axes[0]));
  const [standard, , inverse] = emitter.operators(3, 'LayerNormalization', [x, scale], {
    axis: { int: axes[0]! },
    epsilon: { float: epsilon },
  });
  return [standard!, inverse!];
};

const emitWritten: Form = (emitter, x, { inputs: [input], attributes: { axes, epsilon } }) => {
  const centred = emitCentred(emitter, x, axes);
  const inverse = emitInverse(emitter, centred, axes, epsilon, input!.dtype);
  return [shared(emitter, 'Mul', [centred, inverse]), inverse];
};

const emitAverage = (emitter: Emitter, x: string, axes: readonly number[]): string =>
  inRuns(axes).reduce(
    (each, run) =>
      shared(emitter, 'ReduceMean', [each, emitter.constant(run, 'int64')], { keepdims: { int: 1 } }),
    x,
  );

const emitCentred = (emitter: Emitter, x: string, axes: readonly number[]): string =>
  shared(emitter, 'Sub', [x, emitAverage(emitter, x, axes)]);

function emitInverse(
  emitter: Emitter,
  centred: string,
  axes: readonly number[],
  epsilon: number,
  dtype: DType,
): string {
  const variance = emitAverage(emitter, shared(emitter, 'Mul', [centred, centred]), axes);
  const shifted = shared(emitter, 'Add', [variance, emitter.constant([epsilon], dtype, [])]);
  return shared(emitter, 'Reciprocal', [shared(emitter, 'Sqrt', [shifted])]);
}

const centrePrimitive: Primitive<Pick<Standard, 'axes'>> = {
  name: 'centre',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp: (cotangent, { attributes: { axes } }) => [centre(cotangent, axes)],
  emit: (emitter, [x], { attributes: { axes } }) => emitCentred(emitter, x!, axes),
};

/** x - mean over `axes`, counted from the front in ascending order. */
const centre = (x: Tensor, axes: readonly number[]): Tensor => apply(centrePrimitive, [x], { axes });

/** (x - mean) / √(variance + epsilon) over `axes`, counted from the front in ascending order; the variance is divided by n. */
export const standardize = (x: Tensor, axes: readonly number[], epsilon: number): Tensor =>
  apply(standardizePrimitive, [x], { axes, epsilon });

/** 1 / √(variance + epsilon) over `axes`, which stay with length 1. */
export const inverseSpread = (x: Tensor, axes: readonly number[], epsilon: number): Tensor =>
  apply(inverseSpreadPrimitive, [x], { axes, epsilon });

const affinePrimitive: Primitive = {
  name: 'affineChannels',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  vjp(cotangent, { inputs: [x, scale] }) {
    const axis = axesButChannels(x!);
    return [
      mul(cotangent, besideChannels(scale!, x!)),
      sum(mul(cotangent, x!), { axis }),
      sum(cotangent, { axis }),
    ];
  },
  emit: (emitter, [x, scale, shift], { inputs: [input] }) => emitAffine(emitter, x!, scale!, shift!, input!),
};

function emitAffine(emitter: Emitter, x: string, scale: string, shift: string, input: Tensor): string {
  const { shape, dtype, rank, size } = input;
  if (dtype === 'float64' || size === 0) {
    const beside = (values: string) =>
      emitReshape(emitter, values, [shape[1]!, ...Array.from({ length: rank - 2 }, () => 1)]);
    return emitter.operator('Add', [emitter.operator('Mul', [x, beside(scale)]), beside(shift)]);
  }
  // Normalization by given statistics, mean 0 and variance 1, is the one operator that does both in one pass.
  const [zeros, ones] = [0, 1].map((number) => emitRepeated(emitter, number, [shape[1]!]));
  return emitter.operator('BatchNormalization', [x, scale, shift, zeros!, ones!], { epsilon: { float: 0 } });
}

const batchNormPrimitive: Primitive<{ readonly epsilon: number }> = {
  name: 'batchNorm',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  // The general rule for each channel as a whole: two sums, and four passes over the tensor instead of eight.
  vjp(cotangent, { inputs: [x, scale], attributes: { epsilon } }) {
    const axis = axesButChannels(x!);
    const centred = centre(x!, axis);
    const inverse = reshape(inverseSpread(x!, axis, epsilon), [scale!.size]);
    const forShift = sum(cotangent, { axis });
    const forScale = mul(inverse, sum(mul(cotangent, centred), { axis }));
    const slope = mul(scale!, inverse);
    const share = mul(slope, -scale!.size / x!.size);
    const along = mul(centred, besideChannels(mul(mul(share, inverse), forScale), x!));
    return [add(affineChannels(cotangent, slope, mul(share, forShift)), along), forScale, forShift];
  },
  emit(emitter, [x, scale, shift], { inputs: [input], attributes: { epsilon }, output }) {
    const axes = axesButChannels(input!);
    const centred = emitCentred(emitter, x!, axes);
    const inverse = emitInverse(emitter, centred, axes, epsilon, output.dtype);
    const slope = emitter.operator('Mul', [scale!, emitReshape(emitter, inverse, [input!.shape[1]!])]);
    return emitAffine(emitter, centred, slope, shift!, output);
  },
};

/** x [n, channels, …] standardized for each channel, times `scale` plus `shift`, both [channels]. */
export const standardizeChannels = (x: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor =>
  apply(batchNormPrimitive, [x, scale, shift], { epsilon });

/** All axes of x [n, channels, …] but that of the channels. */
export const axesButChannels = (x: Tensor): number[] =>
  x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** `values` [channels] as a tensor that broadcasts against x [n, channels, …]. */
export const besideChannels = (values: Tensor, x: Tensor): Tensor =>
  reshape(values, [values.size, ...x.shape.slice(2).map(() => 1)]);

/** x [n, channels, …] times `scale` plus `shift`, both [channels]. */
export const affineChannels = (x: Tensor, scale: Tensor, shift: Tensor): Tensor =>
  apply(affinePrimitive, [x, scale, shift], {});
