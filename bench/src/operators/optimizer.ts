import { adam, applyUpdates } from '@evenkeel/nn';
import type { Tensor } from '@evenkeel/tensor';
import { draw, drawPositive } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-8];
const transform = adam({ learningRate: rate });

/** What our optimizer keeps, with given averages. */
const stateOf = (mean: Tensor, square: Tensor, meanWeight: Tensor, squareWeight: Tensor) => [
  { mean, square, meanWeight, squareWeight },
  [],
];

/** The step itself, once the averages are moved. */
function moved(
  graph: Graph,
  w: string,
  mean: string,
  square: string,
  weights: readonly [string, string],
): string {
  const root = graph.operator('Sqrt', [square]);
  const corrected = graph.add(
    graph.mul(root, graph.div(graph.number(1), graph.operator('Sqrt', [weights[1]]))),
    graph.number(epsilon),
  );
  const size = graph.div(graph.number(rate), weights[0]);
  return graph.sub(w, graph.mul(graph.div(mean, corrected), size));
}

/** a + (b - a) · share */
const between = (graph: Graph, a: string, b: string, share: number): string =>
  graph.add(a, graph.mul(graph.sub(b, a), graph.number(share)));

const ends = (
  graph: Graph,
  w: string,
  mean: string,
  square: string,
  old: readonly [string, string],
): string[] => {
  const weights: [string, string] = [
    between(graph, old[0], graph.number(1), 1 - beta1),
    between(graph, old[1], graph.number(1), 1 - beta2),
  ];
  return [moved(graph, w, mean, square, weights), mean, square, ...weights];
};

const forms: Readonly<Record<string, Form>> = {
  'averages by interpolation': (graph, w, g, mean, square, first, second) =>
    ends(graph, w, between(graph, mean!, g, 1 - beta1), between(graph, square!, graph.mul(g, g), 1 - beta2), [
      first!,
      second!,
    ]),
  'averages by two products': (graph, w, g, mean, square, first, second) => {
    const mixed = (old: string, fresh: string, decay: number) =>
      graph.add(graph.mul(old, graph.number(decay)), graph.mul(fresh, graph.number(1 - decay)));
    return ends(graph, w, mixed(mean!, g, beta1), mixed(square!, graph.mul(g, g), beta2), [first!, second!]);
  },
};

export const optimizers: readonly Row[] = [1, 10].map((millions) => {
  const size = millions * 2 ** 20;
  return {
    name: `a step of Adam, ${millions}M`,
    inputs: () => [
      draw(0, size),
      draw(1, size),
      draw(2, size),
      drawPositive(3, size),
      drawPositive(4),
      drawPositive(5),
    ],
    ours(w, g, mean, square, meanWeight, squareWeight) {
      const [updates, state] = transform.update(g, stateOf(mean!, square!, meanWeight!, squareWeight!), w);
      const [{ mean: nextMean, square: nextSquare, meanWeight: first, squareWeight: second }] =
        state as unknown as [Record<'mean' | 'square' | 'meanWeight' | 'squareWeight', Tensor>];
      return [applyUpdates(w, updates), nextMean, nextSquare, first, second];
    },
    forms,
  } satisfies Row;
});
