import { adam, applyUpdates } from '@evenkeel/nn';
import { leavesOf, type Tensor, withLeaves } from '@evenkeel/tensor';
import { draw } from './draw.js';
import type { Graph } from './graph.js';
import type { Form, Row } from './row.js';

const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-8];
const transform = adam({ learningRate: rate });

type Pair = readonly [string, string];

/** b in proportion 1 - decay, the rest a: a + (b - a) · (1 - decay) */
const interpolated = (graph: Graph, a: string, b: string, decay: number): string =>
  graph.add(a, graph.mul(graph.sub(b, a), graph.number(1 - decay)));

const mixed = (graph: Graph, a: string, b: string, decay: number): string =>
  graph.add(graph.mul(a, graph.number(decay)), graph.mul(b, graph.number(1 - decay)));

const summed = (graph: Graph, a: string, b: string, decay: number): string =>
  graph.add(graph.mul(a, graph.number(decay)), b);

/**
 * Adam with the moments, and what they are divided by, moved by one of the functions above: the weights, the moments and
 * their divisors after a step. All moments are zero before it, whatever they stand for.
 */
const steppedBy =
  (moved: typeof mixed): Form =>
  (graph, w, g, mean, square, ...given) => {
    const one = graph.number(1);
    const moments: Pair = [moved(graph, mean!, g, beta1), moved(graph, square!, graph.mul(g, g), beta2)];
    const divisors: Pair = [moved(graph, given[0]!, one, beta1), moved(graph, given[1]!, one, beta2)];
    // w - rate · (m / d₁) / (√(s / d₂) + ε), with all that is scalar worked out before it meets a tensor.
    const perRate = graph.div(divisors[0], graph.number(rate));
    const factor = graph.div(perRate, graph.operator('Sqrt', [divisors[1]]));
    const root = graph.mul(graph.operator('Sqrt', [moments[1]]), factor);
    const step = graph.div(moments[0], graph.add(root, graph.mul(perRate, graph.number(epsilon))));
    return [graph.sub(w, step), ...moments, ...divisors];
  };

export const optimizers: readonly Row[] = [1, 10].map((millions): Row => {
  const size = millions * 2 ** 20;
  return {
    name: `a step of Adam, ${millions}M`,
    inputs() {
      const w = draw(0, size);
      return [w, draw(1, size), ...leavesOf(transform.init(w))];
    },
    ours(w, g, ...leaves) {
      const state = withLeaves(transform.init(w), leaves);
      const [updates, next] = transform.update<Tensor>(g, state, w);
      return [applyUpdates(w, updates), ...leavesOf(next)];
    },
    compared: 1,
    forms: {
      'moments by interpolation': steppedBy(interpolated),
      'moments by two products': steppedBy(mixed),
      'moments as sums': steppedBy(summed),
    },
  };
});
