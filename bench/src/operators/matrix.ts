import { relu } from '@evenkeel/nn';
import { matMul, type Tensor } from '@evenkeel/tensor';
import { draw } from './draw.js';
import type { Form, Row } from './row.js';

const transposedLeft: Readonly<Record<string, Form>> = {
  FusedMatMul: (graph, a, b) => graph.matMul(a, b, { transA: 1 }),
  Gemm: (graph, a, b) => graph.operator('Gemm', [a, b], { transA: 1 }),
  'Transpose, MatMul': (graph, a, b) => graph.operator('MatMul', [graph.transpose(a, 1, 0), b]),
  'the other way round': (graph, a, b) => graph.transpose(graph.matMul(b, a, { transA: 1 }), 1, 0),
  'the other way round, Transpose, MatMul': (graph, a, b) =>
    graph.transpose(graph.operator('MatMul', [graph.transpose(b, 1, 0), a]), 1, 0),
};

export const matrices: readonly Row[] = [
  {
    name: 'dy Wᵀ, [2048×512] [128×512]',
    inputs: () => [draw(0, 2048, 512), draw(1, 128, 512)],
    ours: (dy, w) => matMul(dy, w, { transposeB: true }),
    forms: {
      FusedMatMul: (graph, a, b) => graph.matMul(a, b, { transB: 1 }),
      Gemm: (graph, a, b) => graph.operator('Gemm', [a, b], { transB: 1 }),
      'Transpose, MatMul': (graph, a, b) => graph.operator('MatMul', [a, graph.transpose(b, 1, 0)]),
    },
  },
  {
    name: 'aᵀ dy, [2048×128] [2048×512]',
    inputs: () => [draw(0, 2048, 128), draw(1, 2048, 512)],
    ours: (a, dy) => matMul(a, dy, { transposeA: true }),
    forms: transposedLeft,
  },
  {
    name: 'aᵀ dy, [12544×576] [12544×64]',
    inputs: () => [draw(0, 12544, 576), draw(1, 12544, 64)],
    ours: (a, dy) => matMul(a, dy, { transposeA: true }),
    forms: transposedLeft,
  },
  {
    name: 'a W + b, [2048×128] [128×512]',
    inputs: () => [draw(0, 2048, 128), draw(1, 128, 512), draw(2, 512)],
    ours: (a, w, b) => matMul(a, w).add(b),
    forms: {
      Gemm: (graph, a, w, b) => graph.operator('Gemm', [a, w, b]),
      'MatMul, Add': (graph, a, w, b) => graph.add(graph.operator('MatMul', [a, w]), b),
    },
  },
  {
    name: 'relu(a W + b)',
    inputs: () => [draw(0, 2048, 128), draw(1, 128, 512), draw(2, 512)],
    ours: (a, w, b) => relu(matMul(a, w).add(b)),
    forms: {
      FusedGemm: (graph, a, w, b) =>
        graph.operator('com.microsoft.FusedGemm', [a, w, b], { activation: 'Relu' }),
      'Gemm, Relu': (graph, a, w, b) => graph.operator('Relu', [graph.operator('Gemm', [a, w, b])]),
    },
  },
] satisfies readonly (Row & { ours: (...inputs: Tensor[]) => Tensor })[];
