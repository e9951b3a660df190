import { crossEntropy, gelu, softplus } from '@evenkeel/nn';
import { attention, type Tensor, take, valueAndGrad, vjp } from '@evenkeel/tensor';
import { draw, drawIndices } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

const [rows, classes, width] = [2048, 256, 128];
const [batch, heads, length, depth] = [32, 4, 64, 32];
const scale = depth ** -0.5;
const million = 1 << 20;

function oneHot(graph: Graph, indices: string, length: number): string {
  const values = graph.constant(Float32Array.of(0, 1), 'float32');
  return graph.operator('OneHot', [indices, graph.constant(Int32Array.of(length), 'int32'), values]);
}

/** Softmax less one-hot, in proportion to the number of rows: the gradient of the mean. */
function lessOneHot(graph: Graph, logarithms: string, labels: string): string {
  const index = graph.reshape(labels, rows, 1);
  const less = graph.operator(
    'ScatterElements',
    [graph.operator('Exp', [logarithms]), index, graph.filled(-1, [rows, 1])],
    { axis: -1, reduction: 'add' },
  );
  return graph.mul(less, graph.number(1 / rows));
}

const crossEntropyForms: Readonly<Record<string, Form>> = {
  'LogSoftmax, GatherElements, ScatterElements': (graph, logits, labels) => {
    const logarithms = graph.operator('LogSoftmax', [logits], { axis: -1 });
    const picked = graph.operator('GatherElements', [logarithms, graph.reshape(labels, rows, 1)], {
      axis: -1,
    });
    const loss = graph.operator('Neg', [graph.mean(picked, [0, 1], 0)]);
    return [loss, lessOneHot(graph, logarithms, labels)];
  },
  'SoftmaxCrossEntropyLoss, ScatterElements': (graph, logits, labels) => {
    const [loss, logarithms] = graph.operators(2, 'SoftmaxCrossEntropyLoss', [logits, labels]);
    return [loss!, lessOneHot(graph, logarithms!, labels)];
  },
  OneHot: (graph, logits, labels) => {
    const logarithms = graph.operator('LogSoftmax', [logits], { axis: -1 });
    const hot = oneHot(graph, labels, classes);
    const loss = graph.div(graph.sum(graph.mul(logarithms, hot), [0, 1]), graph.number(-rows));
    const less = graph.sub(graph.operator('Exp', [logarithms]), hot);
    return [loss, graph.mul(less, graph.number(1 / rows))];
  },
};

const embeddingForms = (entries: number): Readonly<Record<string, Form>> => ({
  ScatterElements: (graph, dy, indices) => {
    const positions = graph.operator('Expand', [
      graph.reshape(indices, rows, 1),
      graph.integers(rows, width),
    ]);
    const zeros = graph.operator('Expand', [graph.number(0), graph.integers(entries, width)]);
    return graph.operator('ScatterElements', [zeros, positions, dy], { axis: 0, reduction: 'add' });
  },
  'OneHot, product': (graph, dy, indices) => {
    const hot = oneHot(graph, indices, entries);
    return graph.matMul(hot, dy, { transA: 1 });
  },
});

// ScatterND(add) would be the fastest form, but with several threads it loses additions to the same row.
const embeddings: readonly Row[] = [256, 10_000].map((entries) => ({
  name: `gradient of an embedding, 2048 of ${entries}`,
  inputs: () => [draw(0, rows, width), drawIndices(1, entries, rows)],
  ours: (dy: Tensor, indices: Tensor) =>
    vjp((table: Tensor) => take(table, indices), draw(2, entries, width))[1](dy),
  forms: embeddingForms(entries),
}));

const probabilities = (graph: Graph, query: string, key: string): string =>
  graph.operator('Softmax', [graph.matMul(query, key, { transB: 1, alpha: { float: scale } })], { axis: -1 });

const attentionForms: Readonly<Record<string, Form>> = {
  Attention: (graph, query, key, value) => graph.operator('Attention', [query, key, value!]),
  'FusedMatMul, Softmax': (graph, query, key, value) =>
    graph.operator('MatMul', [probabilities(graph, query, key), value!]),
  'Transpose, MatMul, Mul, Softmax': (graph, query, key, value) => {
    const scores = graph.operator('MatMul', [query, graph.transpose(key, 0, 1, 3, 2)]);
    const scaled = graph.mul(scores, graph.number(scale));
    return graph.operator('MatMul', [graph.operator('Softmax', [scaled], { axis: -1 }), value!]);
  },
};

/** Results and gradients; the softmax's row term from the scores themselves, or from the results, which are smaller. */
const attentionGradient =
  (rowTerm: 'scores' | 'results'): Form =>
  (graph, query, key, value, dy) => {
    const weights = probabilities(graph, query, key);
    const y = graph.operator('MatMul', [weights, value!]);
    const dWeights = graph.matMul(dy!, value!, { transB: 1 });
    const term = rowTerm === 'results' ? graph.mul(dy!, y) : graph.mul(dWeights, weights);
    const dScores = graph.mul(weights, graph.sub(dWeights, graph.sum(term, [-1], 1)));
    return [
      y,
      graph.matMul(dScores, key, { alpha: { float: scale } }),
      graph.matMul(dScores, query, { transA: 1, alpha: { float: scale } }),
      graph.matMul(weights, dy!, { transA: 1 }),
    ];
  };

const heading = (seed: number): Tensor => draw(seed, batch, heads, length, depth);

const attentions: readonly Row[] = [
  {
    name: 'attention, batch 32, 4 heads, 64×32',
    inputs: () => [0, 1, 2].map(heading),
    ours: (query, key, value) => attention(query, key, value),
    forms: attentionForms,
    opset: 23,
  },
  {
    name: 'attention and its gradients',
    inputs: () => [0, 1, 2, 3].map(heading),
    ours(query, key, value, dy) {
      const [y, pull] = vjp(([q, k, v]: readonly Tensor[]) => attention(q!, k!, v!), [
        query,
        key,
        value,
      ] as readonly Tensor[]);
      return [y, ...pull(dy)];
    },
    forms: {
      'row term from the results': attentionGradient('results'),
      'row term from the scores': attentionGradient('scores'),
    },
  },
];

/** x Φ(x) by the error function. */
const normalShare = (graph: Graph, x: string): string =>
  graph.mul(
    graph.add(graph.operator('Erf', [graph.mul(x, graph.number(Math.SQRT1_2))]), graph.number(1)),
    graph.number(0.5),
  );

const activations: readonly Row[] = [
  {
    name: 'gelu, 1M',
    inputs: () => [draw(0, million)],
    ours: (x) => gelu(x),
    forms: {
      Gelu: (graph, x) => graph.operator('Gelu', [x]),
      'Erf and others': (graph, x) => graph.mul(x, normalShare(graph, x)),
    },
  },
  {
    name: 'gradient of gelu, 1M',
    inputs: () => [draw(0, million), draw(1, million)],
    ours: (x, dy) => vjp((at: Tensor) => gelu(at), x)[1](dy),
    forms: {
      'Erf, Exp and others': (graph, x, dy) => {
        const bell = graph.operator('Exp', [graph.mul(graph.mul(x, x), graph.number(-0.5))]);
        const slope = graph.mul(graph.mul(x, bell), graph.number((2 * Math.PI) ** -0.5));
        return graph.mul(dy, graph.add(normalShare(graph, x), slope));
      },
    },
  },
  {
    name: 'softplus, 1M',
    inputs: () => [draw(0, million)],
    ours: (x) => softplus(x),
    forms: {
      Softplus: (graph, x) => graph.operator('Softplus', [x]),
      'Relu, Abs, Exp, Log': (graph, x) => {
        const small = graph.operator('Exp', [graph.operator('Neg', [graph.operator('Abs', [x])])]);
        const rest = graph.operator('Log', [graph.add(small, graph.number(1))]);
        return graph.add(graph.operator('Relu', [x]), rest);
      },
    },
  },
];

export const sequences: readonly Row[] = [
  {
    name: 'cross-entropy and its gradient, [2048×256]',
    inputs: () => [draw(0, rows, classes), drawIndices(1, classes, rows)],
    ours: (logits, labels) => valueAndGrad((at: Tensor) => crossEntropy(at, labels))(logits),
    forms: crossEntropyForms,
  },
  ...embeddings,
  ...attentions,
  ...activations,
];
