import {
  add,
  div,
  exp,
  greater,
  log,
  mul,
  pow,
  relu,
  sigmoid,
  sin,
  sqrt,
  sum,
  tanh,
  vjp,
  where,
} from '@evenkeel/tensor';
import { draw, drawPositive } from './draw.js';
import type { Row } from './row.js';

const million = 1 << 20;

export const reductions: readonly Row[] = [
  {
    name: 'gradient of relu, 1.6M',
    inputs: () => [draw(0, 64, 32, 28, 28), draw(1, 64, 32, 28, 28)],
    ours: (x, dy) => vjp((at) => relu(at), x)[1](dy)!,
    forms: {
      'Greater, Cast, Mul': (graph, x, dy) =>
        graph.mul(graph.operator('Cast', [graph.operator('Greater', [x, graph.number(0)])], { to: 1 }), dy),
      'Greater, Where': (graph, x, dy) =>
        graph.operator('Where', [graph.operator('Greater', [x, graph.number(0)]), dy, graph.number(0)]),
      'Relu, Sign, Mul': (graph, x, dy) =>
        graph.mul(graph.operator('Sign', [graph.operator('Relu', [x])]), dy),
    },
  },
  {
    name: 'sum over n, h and w of [64×64×28×28]',
    inputs: () => [draw(0, 64, 64, 28, 28)],
    ours: (x) => sum(x, { axis: [0, 2, 3] }),
    forms: {
      'ReduceSum in two steps': (graph, x) => graph.sum(graph.sum(x, [2, 3]), [0]),
      ReduceSum: (graph, x) => graph.sum(x, [0, 2, 3]),
      Einsum: (graph, x) => graph.operator('Einsum', [x], { equation: 'nchw->c' }),
      'product with ones': (graph, x) =>
        graph.sum(
          graph.reshape(
            graph.operator('MatMul', [graph.reshape(x, 64 * 64, 784), graph.filled(1, [784, 1])]),
            64,
            64,
          ),
          [0],
        ),
    },
  },
  {
    name: 'sum over rows of [2048×512]',
    inputs: () => [draw(0, 2048, 512)],
    ours: (x) => sum(x, { axis: 0 }),
    forms: {
      'product with ones': (graph, x) =>
        graph.reshape(graph.operator('MatMul', [graph.filled(1, [1, 2048]), x]), 512),
      ReduceSum: (graph, x) => graph.sum(x, [0]),
    },
  },
  {
    name: 'sum over columns of [2048×512]',
    inputs: () => [draw(0, 2048, 512)],
    ours: (x) => sum(x, { axis: 1 }),
    forms: {
      ReduceSum: (graph, x) => graph.sum(x, [1]),
      'product with ones': (graph, x) =>
        graph.reshape(graph.operator('MatMul', [x, graph.filled(1, [512, 1])]), 2048),
    },
  },
  {
    name: 'x^1.5, 1M',
    inputs: () => [drawPositive(0, million)],
    ours: (x) => pow(x, 1.5),
    forms: {
      Pow: (graph, x) => graph.operator('Pow', [x, graph.number(1.5)]),
      'x √x': (graph, x) => graph.mul(x, graph.operator('Sqrt', [x])),
      'Log, Mul, Exp': (graph, x) =>
        graph.operator('Exp', [graph.mul(graph.operator('Log', [x]), graph.number(1.5))]),
    },
  },
  {
    name: 'x³, 1M',
    inputs: () => [draw(0, million)],
    ours: (x) => pow(x, 3),
    forms: {
      Pow: (graph, x) => graph.operator('Pow', [x, graph.number(3)]),
      'Mul, Mul': (graph, x) => graph.mul(graph.mul(x, x), x),
    },
  },
  {
    name: 'where, 1M',
    inputs: () => [draw(0, million), draw(1, million)],
    ours: (x, y) => where(greater(x, 0), x, y),
    forms: {
      'Greater, Where': (graph, x, y) =>
        graph.operator('Where', [graph.operator('Greater', [x, graph.number(0)]), x, y]),
    },
  },
  ...Object.entries({ Add: add, Mul: mul, Div: div }).map(
    ([type, fn]): Row => ({
      name: `${type.toLowerCase()}, 1M`,
      inputs: () => [draw(0, million), drawPositive(1, million)],
      ours: (x, y) => fn(x, y),
      forms: { [type]: (graph, x, y) => graph.operator(type, [x, y]) },
    }),
  ),
  ...Object.entries({ Exp: exp, Log: log, Sin: sin, Sqrt: sqrt, Sigmoid: sigmoid, Tanh: tanh }).map(
    ([type, fn]): Row => ({
      name: `${type.toLowerCase()}, 1M`,
      inputs: () => [drawPositive(0, million)],
      ours: (x) => fn(x),
      forms: { [type]: (graph, x) => graph.operator(type, [x]) },
    }),
  ),
];
