import type { TracedBody, TracedNode } from '@evenkeel/tensor';

/** Multiply-adds that a node of the graph does by itself, as often as it runs. */
export interface Cost {
  readonly node: TracedNode;
  readonly multiplyAdds: number;
}

/** How many numbers lie behind one index of the first axis. */
const behindFirst = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1);

/** Every number of the first operand meets so many of the second. Padding counts like any other number. */
const products: Readonly<Record<string, (node: TracedNode) => number>> = {
  matMul: ({ inputs: [a], outputs: [product], attributes }) =>
    product!.size * a!.length(attributes.transposeA ? -2 : -1),
  conv: ({ inputs: [, weights], outputs: [images] }) => images!.size * behindFirst(weights!.shape),
  convInputGrad: ({ inputs: [images, weights] }) => images!.size * behindFirst(weights!.shape),
  convWeightGrad: ({ inputs: [, images], outputs: [weights] }) => images!.size * behindFirst(weights!.shape),
};

/** What a node runs inside, and how often. */
const runs: Readonly<Record<string, (node: TracedNode) => readonly (readonly [TracedBody, number])[]>> = {
  scan: ({ bodies, attributes }) => [[bodies.body!, attributes.length as number]],
  cond: ({ bodies: { thenBody, elseBody } }) => {
    const [first, second] = [thenBody!, elseBody!].map((body) => total(costsOf(body.nodes)));
    return [[first! >= second! ? thenBody! : elseBody!, 1]];
  },
  whileLoop: ({ bodies, attributes }) => {
    const steps = (attributes.maximum as number | null) ?? 1;
    return [
      [bodies.condition!, steps + 1],
      [bodies.body!, steps],
    ];
  },
};

/**
 * The multiply-adds of products and convolutions; all other nodes cost nothing. A loop costs its step as often as it
 * runs, a branch as much as the more expensive side, a loop of unknown length what its maximum allows, or one step.
 */
export function costsOf(nodes: readonly TracedNode[], times = 1): Cost[] {
  return nodes.flatMap((node) => {
    const inside = runs[node.operation];
    if (inside) return inside(node).flatMap(([body, count]) => costsOf(body.nodes, count * times));
    const own = products[node.operation];
    return own ? [{ node, multiplyAdds: times * own(node) }] : [];
  });
}

export const total = (costs: readonly Cost[]): number =>
  costs.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
