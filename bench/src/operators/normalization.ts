import { batchNorm, layerNorm, ones, type Tensor, vjp, zeros } from '@evenkeel/tensor';
import { draw, drawPositive } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

const [n, channels, size] = [64, 64, 14];
const count = n * size * size;
const images = () => draw(0, n, channels, size, size);
const [rows, width] = [2048, 128];

/** Batch normalization with the statistics of the batch alone. */
const batchNormalized = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => {
  const running = { mean: zeros([channels]), variance: ones([channels]) };
  return batchNorm(x, running, { scale, shift }).output;
};

const perChannel = (graph: Graph, value: string): string => graph.reshape(value, 1, channels, 1, 1);

/** Means over all axes but the channels, in the two steps that ONNX Runtime is faster at. */
const channelMean = (graph: Graph, x: string): string =>
  graph.div(perChannel(graph, graph.sum(graph.sum(x, [2, 3]), [0])), graph.number(count));

/** Centred images and the reciprocal of their deviation. */
function standardized(graph: Graph, x: string): [centred: string, reciprocal: string] {
  const centred = graph.sub(x, channelMean(graph, x));
  const variance = channelMean(graph, graph.mul(centred, centred));
  const deviation = graph.operator('Sqrt', [graph.add(variance, graph.number(1e-5))]);
  return [centred, graph.div(graph.number(1), deviation)];
}

// BatchNormalization in training mode is no form: it writes into its inputs (docs/engine-notes.md).
const batchForms: Readonly<Record<string, Form>> = {
  'statistics, then BatchNormalization': (graph, x, scale, shift) => {
    const mean = channelMean(graph, x);
    const centred = graph.sub(x, mean);
    const variance = channelMean(graph, graph.mul(centred, centred));
    const statistics = [mean, variance].map((value) => graph.reshape(value, channels));
    return graph.operator('BatchNormalization', [x, scale!, shift!, ...statistics]);
  },
  'centred primitives': (graph, x, scale, shift) => {
    const [centred, reciprocal] = standardized(graph, x);
    const factor = graph.mul(perChannel(graph, scale!), reciprocal);
    return graph.add(graph.mul(centred, factor), perChannel(graph, shift!));
  },
};

/** dx = a · dy + b · x + c with one a, b and c a channel, or by way of the normalized images. */
const batchGradientForms: Readonly<Record<string, Form>> = {
  'a dy + b x + c': (graph, x, dy, scale) => {
    const [centred, reciprocal] = standardized(graph, x);
    const a = graph.mul(perChannel(graph, scale!), reciprocal);
    const along = graph.mul(channelMean(graph, graph.mul(dy, centred)), graph.mul(reciprocal, reciprocal));
    const b = graph.operator('Neg', [graph.mul(a, along)]);
    const c = graph.operator('Neg', [graph.mul(a, channelMean(graph, dy))]);
    return graph.add(graph.mul(a, dy), graph.add(graph.mul(b, centred), c));
  },
  'normalized images': (graph, x, dy, scale) => {
    const [centred, reciprocal] = standardized(graph, x);
    const normalized = graph.mul(centred, reciprocal);
    const along = channelMean(graph, graph.mul(dy, normalized));
    const rest = graph.sub(graph.sub(dy, channelMean(graph, dy)), graph.mul(normalized, along));
    return graph.mul(rest, graph.mul(perChannel(graph, scale!), reciprocal));
  },
};

const layerForms: Readonly<Record<string, Form>> = {
  LayerNormalization: (graph, x, scale, shift) =>
    graph.operator('LayerNormalization', [x, scale!, shift!], { axis: -1, epsilon: { float: 1e-5 } }),
  primitives: (graph, x, scale, shift) => {
    const centred = graph.sub(x, graph.mean(x, [-1]));
    const variance = graph.mean(graph.mul(centred, centred), [-1]);
    const deviation = graph.operator('Sqrt', [graph.add(variance, graph.number(1e-5))]);
    return graph.add(graph.mul(graph.div(centred, deviation), scale!), shift!);
  },
};

const rowMeanByProduct = (graph: Graph, x: string): string =>
  graph.operator('MatMul', [x, graph.filled(1 / width, [width, 1])]);

/** The gradient by x from normalized rows and the reciprocal of their deviation. */
function layerGradient(
  graph: Graph,
  [normalized, reciprocal]: readonly [string, string],
  dy: string,
  scale: string,
  rowMean = (value: string) => graph.mean(value, [-1]),
): string {
  const scaled = graph.mul(dy, scale);
  const along = graph.mul(normalized, rowMean(graph.mul(scaled, normalized)));
  return graph.mul(graph.sub(graph.sub(scaled, rowMean(scaled)), along), reciprocal);
}

/** Normalized rows and the reciprocal of their deviation, from primitives. */
function normalizedRows(graph: Graph, x: string): [normalized: string, reciprocal: string] {
  const centred = graph.sub(x, graph.mean(x, [-1]));
  const variance = graph.mean(graph.mul(centred, centred), [-1]);
  const deviation = graph.operator('Sqrt', [graph.add(variance, graph.number(1e-5))]);
  const reciprocal = graph.operator('Reciprocal', [deviation]);
  return [graph.mul(centred, reciprocal), reciprocal];
}

const layerGradientForms: Readonly<Record<string, Form>> = {
  'statistics from LayerNormalization': (graph, x, dy, scale) => {
    const outputs = graph.operators(3, 'LayerNormalization', [x, graph.filled(1, [width])], {
      axis: -1,
      epsilon: { float: 1e-5 },
    });
    return layerGradient(graph, [outputs[0]!, outputs[2]!], dy, scale!);
  },
  primitives: (graph, x, dy, scale) => layerGradient(graph, normalizedRows(graph, x), dy, scale!),
  'primitives, sums by products': (graph, x, dy, scale) =>
    layerGradient(graph, normalizedRows(graph, x), dy, scale!, (value) => rowMeanByProduct(graph, value)),
};

export const normalizations: readonly Row[] = [
  {
    name: 'batch normalization, [64×64×14×14]',
    inputs: () => [images(), drawPositive(1, channels), draw(2, channels)],
    ours: batchNormalized,
    forms: batchForms,
  },
  {
    name: 'gradient of batch normalization by its images',
    inputs: () => [images(), draw(3, n, channels, size, size), drawPositive(1, channels)],
    ours: (x, dy, scale) => vjp((at: Tensor) => batchNormalized(at, scale, zeros([channels])), x)[1](dy),
    forms: batchGradientForms,
  },
  {
    name: 'layer normalization, [2048×128]',
    inputs: () => [draw(0, rows, width), drawPositive(1, width), draw(2, width)],
    ours: (x, scale, shift) => layerNorm(x, { scale, shift }),
    forms: layerForms,
  },
  {
    name: 'gradient of layer normalization by its rows',
    inputs: () => [draw(0, rows, width), draw(3, rows, width), drawPositive(1, width)],
    ours: (x, dy, scale) => vjp((at: Tensor) => layerNorm(at, { scale }), x)[1](dy),
    forms: layerGradientForms,
  },
];
