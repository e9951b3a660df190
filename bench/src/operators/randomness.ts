import { bernoulli, normal, randomKey, type Tensor, uniform, where } from '@evenkeel/tensor';
import { draw } from './draw.js';
import type { Row } from './row.js';

const million = 1 << 20;

/** ONNX's own operators keep their state in the session: a run cannot be repeated, so that they are shown only. */
const drawn = (type: 'RandomUniform' | 'RandomNormal', ours: (key: Tensor) => Tensor): Row => ({
  name: `${type === 'RandomUniform' ? 'uniform' : 'normal'} numbers, 1M`,
  inputs: () => [randomKey(0)],
  ours,
  forms: { [type]: (graph) => graph.operator(type, [], { shape: [million], dtype: 1 }) },
  reference: [type],
});

export const randomness: readonly Row[] = [
  drawn('RandomUniform', (key) => uniform(key, [million])),
  drawn('RandomNormal', (key) => normal(key, [million])),
  {
    name: 'dropout, 1M',
    inputs: () => [draw(0, million), randomKey(0)],
    ours: (x, key) => where(bernoulli(key, 0.1, [million]), 0, x.mul(1 / 0.9)),
    forms: {
      Dropout: (graph, x) =>
        graph.operator('Dropout', [x, graph.number(0.1), graph.constant(Uint8Array.of(1), 'bool', [])]),
    },
    reference: ['Dropout'],
  },
];
