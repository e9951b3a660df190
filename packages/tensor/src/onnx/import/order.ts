import type { NodeFile } from './file.js';

/** All nodes of a graph and of those in it. */
export function* nodesOf(nodes: readonly NodeFile[]): Generator<NodeFile> {
  for (const node of nodes) {
    yield node;
    for (const attribute of node.attributes.values()) {
      if (attribute.kind === 'graph') yield* nodesOf(attribute.value.nodes);
      else if (attribute.kind === 'graphs') for (const graph of attribute.value) yield* nodesOf(graph.nodes);
    }
  }
}

/**
 * The nodes so that each comes after those whose outputs it uses, otherwise in the order in which they stand: files should
 * be written like that, and not all are. Nodes that use each other in a circle stay where they are.
 */
export function ordered(nodes: readonly NodeFile[]): readonly NodeFile[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const before = (node: NodeFile): NodeFile[] =>
    [...nodesOf([node])]
      .flatMap(({ inputs }) => inputs)
      .flatMap((name) => producers.get(name) ?? [])
      .filter((producer) => producer !== node);
  const seen = new Set<NodeFile>();
  const order: NodeFile[] = [];
  // A stack instead of recursion: graphs are deeper than the call stack.
  for (const start of nodes) {
    const stack: { node: NodeFile; rest: NodeFile[] }[] = [];
    const visit = (node: NodeFile) => {
      if (seen.has(node)) return;
      seen.add(node);
      stack.push({ node, rest: before(node).reverse() });
    };
    visit(start);
    while (stack.length > 0) {
      const next = stack.at(-1)!.rest.pop();
      if (next) visit(next);
      else order.push(stack.pop()!.node);
    }
  }
  return order;
}
