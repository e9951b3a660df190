import { formatShape, normalizeAxis } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { reshape, sum } from '../../../ops/broadcast.js';
import { abs, add, div, equal, mul, pow, reciprocal, sqrt, sub, where } from '../../../ops/elementwise.js';
import { pad, slice } from '../../../ops/movement.js';
import { batchNorm, batchNormInference, groupNorm, layerNorm, rmsNorm } from '../../../ops/norm.js';
import { mean, variance } from '../../../ops/reduce.js';
import type { Call, Operators } from '../call.js';
import { alongChannels } from './windows.js';

/**
 * In training by the statistics of the batch; the running ones come back as new values of their buffers. As in PyTorch, the
 * variance that they take in is divided by count - 1.
 */
function batchNormalization(call: Call): readonly (Tensor | undefined)[] {
  const [x, scale, shift, centre, spread] = [0, 1, 2, 3, 4].map((index) => call.tensor(index)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const epsilon = call.float('epsilon', 1e-5);
  const running = { mean: centre, variance: spread };
  if (!call.tracing.training && !call.int('training_mode', 0)) {
    return [batchNormInference(x, running, { scale, shift, epsilon })];
  }
  // ONNX's momentum is the share of the old statistics.
  const momentum = 1 - call.float('momentum', 0.9);
  const trained = batchNorm(x, running, { scale, shift, epsilon, momentum });
  const [meanName, varianceName] = call.node.inputs.slice(3) as [string, string];
  call.tracing.update(meanName, trained.running.mean);
  call.tracing.update(varianceName, trained.running.variance);
  return [trained.output, trained.running.mean, trained.running.variance];
}

/** Axes from `axis` to the last. */
const trailingAxes = (call: Call, rank: number, otherwise = -1): number[] => {
  const axis = normalizeAxis(call.node.type, call.int('axis', otherwise), rank);
  return Array.from({ length: rank - axis }, (_, i) => axis + i);
};

function layerNormalization(call: Call): readonly (Tensor | undefined)[] {
  const [x, scale, shift] = [call.tensor(0), call.tensor(1), call.optional(2)];
  const axis = trailingAxes(call, x.rank);
  const epsilon = call.float('epsilon', 1e-5);
  const wants = (index: number) => Boolean(call.node.outputs[index]);
  return [
    layerNorm(x, { axis, epsilon, scale, ...(shift && { shift }) }),
    wants(1) ? mean(x, { axis, keepAxes: true }) : undefined,
    wants(2) ? reciprocal(sqrt(add(variance(x, { axis, keepAxes: true }), epsilon))) : undefined,
  ];
}

function rmsNormalization(call: Call): Tensor {
  call.requireOutputs(1);
  const [x, scale] = [call.tensor(0), call.tensor(1)];
  return rmsNorm(x, { axis: trailingAxes(call, x.rank), epsilon: call.float('epsilon', 1e-5), scale });
}

/** Scale and shift are one for each group before version 21, and one for each channel from then on. */
function groupNormalization(call: Call): Tensor {
  const [x, scale, shift] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  const groups = call.int('num_groups');
  const epsilon = call.float('epsilon', 1e-5);
  if (call.opset >= 21) return groupNorm(x, groups, { scale, shift, epsilon });
  const normalized = groupNorm(x, groups, { epsilon });
  const grouped = reshape(normalized, [x.shape[0]!, groups, x.size / (x.shape[0]! * groups)]);
  const stretched = add(mul(grouped, alongChannels(scale, 3)), alongChannels(shift, 3));
  return reshape(stretched, x.shape);
}

function instanceNormalization(call: Call): Tensor {
  const [x, scale, shift] = [call.tensor(0), call.tensor(1), call.tensor(2)];
  if (x.rank < 3) throw call.error(`expected [n, c, …], got ${formatShape(x.shape)}`);
  return groupNorm(x, x.shape[1]!, { scale, shift, epsilon: call.float('epsilon', 1e-5) });
}

/** Divides by a power of the squares around each channel. */
function localResponse(call: Call): Tensor {
  const x = call.tensor(0);
  const size = call.int('size');
  const channels = x.shape[1];
  if (channels === undefined) throw call.error(`expected [n, c, …], got ${formatShape(x.shape)}`);
  if (!(Number.isInteger(size) && size >= 1 && size <= 1024))
    throw call.error(`attribute "size": got ${size}`);
  const beside = (zeros: number) => x.shape.map((_, axis) => (axis === 1 ? zeros : 0));
  const before = Math.floor((size - 1) / 2);
  const squares = pad(mul(x, x), beside(before), beside(size - 1 - before));
  const shifted = Array.from({ length: size }, (_, at) => {
    call.tracing.takeNode(call.node);
    return slice(squares, [0, at], [undefined, at + channels]);
  });
  const total = shifted.reduce((a, b) => add(a, b));
  const base = add(mul(total, call.float('alpha', 1e-4) / size), call.float('bias', 1));
  return div(x, pow(base, call.float('beta', 0.75)));
}

function lpNormalization(call: Call): Tensor {
  const x = call.tensor(0);
  const options = { axis: call.int('axis', -1), keepAxes: true };
  const size = call.int('p', 2) === 1 ? sum(abs(x), options) : sum(mul(x, x), options);
  // Zeros stay zeros, and the root of 0 has no derivative.
  const positive = where(equal(size, 0), 1, size);
  return div(x, call.int('p', 2) === 1 ? positive : sqrt(positive));
}

function meanVariance(call: Call): Tensor {
  const x = call.tensor(0);
  const axis = call.ints('axes') ?? [0, 2, 3];
  const centred = sub(x, mean(x, { axis, keepAxes: true }));
  return div(centred, add(sqrt(variance(x, { axis, keepAxes: true })), 1e-9));
}

export const normalizations: Operators = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVariance,
  RMSNormalization: rmsNormalization,
  SimplifiedLayerNormalization: rmsNormalization,
};

/** Adds the second input, and a bias if there is one, before normalizing; the sum is the last output. */
function skipNormalization(normalize: (x: Tensor, call: Call, epsilon: number) => Tensor, biasAt: number) {
  return (call: Call): readonly (Tensor | undefined)[] => {
    const bias = call.optional(biasAt);
    const skipped = add(call.tensor(0), call.tensor(1));
    const total = bias ? add(skipped, bias) : skipped;
    return [normalize(total, call, call.float('epsilon', 1e-12)), undefined, undefined, total];
  };
}

export const microsoftNormalizations: Operators = {
  SkipLayerNormalization: skipNormalization((x, call, epsilon) => {
    const shift = call.optional(3);
    return layerNorm(x, { epsilon, scale: call.tensor(2), ...(shift && { shift }) });
  }, 4),
  SkipSimplifiedLayerNormalization: skipNormalization(
    (x, call, epsilon) => rmsNorm(x, { epsilon, scale: call.tensor(2) }),
    3,
  ),
};
