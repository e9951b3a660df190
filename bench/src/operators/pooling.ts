import { averagePool, maxPool, type Tensor, vjp } from '@evenkeel/tensor';
import { draw } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

const [n, channels, size] = [64, 32, 28];

/** Value and gradient of a maximum pooling. */
const maxPooled =
  (kernel: number, strides: number) =>
  (x: Tensor, dy: Tensor): readonly Tensor[] => {
    const [y, pull] = vjp((at: Tensor) => maxPool(at, { kernel, strides }), x);
    return [y, pull(dy)];
  };

/** The first of equals takes the gradient: later taps see what is left. */
const slices: Form = (graph, x, dy) => {
  const starts = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const taps = starts.map((start) => graph.slice(x, [2, 3], start, [size, size], 2));
  const y = taps.slice(1).reduce((most, tap) => graph.operator('Max', [most, tap]), taps[0]!);
  let rest = dy;
  const parts = taps.map((tap, i) => {
    const wins = graph.operator('Equal', [tap, y]);
    const part = i === 3 ? rest : graph.operator('Where', [wins, rest, graph.number(0)]);
    if (i < 3) rest = graph.operator('Where', [wins, graph.number(0), rest]);
    return graph.reshape(part, n, channels, size / 2, size / 2, 1);
  });
  const rows = [0, 2].map((i) =>
    graph.reshape(
      graph.operator('Concat', parts.slice(i, i + 2), { axis: 4 }),
      n,
      channels,
      size / 2,
      1,
      size,
    ),
  );
  return [y, graph.reshape(graph.operator('Concat', rows, { axis: 3 }), n, channels, size, size)];
};

const withIndices = (graph: Graph, x: string, kernel: number, strides: number): [string, string] =>
  graph.operators(2, 'MaxPool', [x], { kernel_shape: [kernel, kernel], strides: [strides, strides] }) as [
    string,
    string,
  ];

/** MaxPool loses NaN, which counts as infinite here, so that the value found by the index is right. */
const passingNaN: Form = (graph, x, dy) => {
  const guarded = graph.operator('Where', [
    graph.operator('IsNaN', [x]),
    graph.number(Number.POSITIVE_INFINITY),
    x,
  ]);
  const [, indices] = withIndices(graph, guarded, 3, 2);
  const [, gradient] = scattered(3, 2)(graph, guarded, dy) as readonly [string, string];
  const values = graph.reshape(x, n * channels * size * size);
  return [graph.operator('Gather', [values, indices]), gradient];
};

const scattered =
  (kernel: number, strides: number): Form =>
  (graph, x, dy) => {
    const [y, indices] = withIndices(graph, x, kernel, strides);
    const count = n * channels * (Math.floor((size - kernel) / strides) + 1) ** 2;
    const zeros = graph.operator('Expand', [graph.number(0), graph.integers(n * channels * size * size)]);
    const sums = graph.operator(
      'ScatterElements',
      [zeros, graph.reshape(indices, count), graph.reshape(dy, count)],
      { axis: 0, reduction: 'add' },
    );
    return [y, graph.reshape(sums, n, channels, size, size)];
  };

const unpooled: Form = (graph, x, dy) => {
  const [y, indices] = withIndices(graph, x, 2, 2);
  return [y, graph.operator('MaxUnpool', [dy, indices], { kernel_shape: [2, 2], strides: [2, 2] })];
};

export const pools: readonly Row[] = [
  {
    name: 'maximum pooling 2×2 and its gradient, [64×32×28×28]',
    inputs: () => [draw(0, n, channels, size, size), draw(1, n, channels, size / 2, size / 2)],
    ours: (x, dy) => maxPooled(2, 2)(x, dy),
    forms: { slices, 'indices, MaxUnpool': unpooled, 'indices, ScatterElements': scattered(2, 2) },
  },
  {
    name: 'maximum pooling 3×3, stride 2, and its gradient',
    inputs: () => [draw(0, n, channels, size, size), draw(1, n, channels, 13, 13)],
    ours: (x, dy) => maxPooled(3, 2)(x, dy),
    forms: { 'indices, Gather, ScatterElements': passingNaN },
  },
  {
    name: 'gradient of mean pooling 2×2',
    inputs: () => [draw(0, n, channels, size / 2, size / 2)],
    ours(dy) {
      const images = draw(1, n, channels, size, size);
      return vjp((x: Tensor) => averagePool(x, { kernel: 2 }), images)[1](dy);
    },
    forms: {
      Resize: (graph, dy) =>
        graph.operator(
          'Resize',
          [graph.mul(dy, graph.number(0.25)), '', graph.constant(Float32Array.of(1, 1, 2, 2), 'float32')],
          { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
        ),
      Expand: (graph, dy) => {
        const spread = graph.operator('Expand', [
          graph.reshape(graph.mul(dy, graph.number(0.25)), n, channels, size / 2, 1, size / 2, 1),
          graph.integers(n, channels, size / 2, 2, size / 2, 2),
        ]);
        return graph.reshape(spread, n, channels, size, size);
      },
      'depthwise ConvTranspose': (graph, dy) =>
        graph.operator('ConvTranspose', [dy, graph.filled(0.25, [channels, 1, 2, 2])], {
          strides: [2, 2],
          group: channels,
        }),
    },
  },
];
