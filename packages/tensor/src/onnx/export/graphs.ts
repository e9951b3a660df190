import { allNodesOf, type OnnxAttribute, type OnnxGraph } from '../../graph/onnx.js';
import type { OnnxModel, OnnxNode } from '../model.js';

/** A node with other graphs inside it. */
export function withGraphs(
  node: OnnxNode,
  change: (graph: OnnxGraph, attribute: string) => OnnxGraph,
): OnnxNode {
  const attributes = Object.entries(node.attributes);
  if (!attributes.some(([, attribute]) => 'graph' in attribute)) return node;
  const changed = attributes.map(([name, attribute]): [string, OnnxAttribute] => [
    name,
    'graph' in attribute ? { graph: change(attribute.graph, name) } : attribute,
  ]);
  return { ...node, attributes: Object.fromEntries(changed) };
}

/** Other nodes in place of each node, and of each in the graphs inside it. */
export const mapNodes = (
  nodes: readonly OnnxNode[],
  change: (node: OnnxNode) => readonly OnnxNode[],
): OnnxNode[] =>
  nodes.flatMap((node) =>
    change(withGraphs(node, (graph) => ({ ...graph, nodes: mapNodes(graph.nodes, change) }))),
  );

/** The nodes, in the graphs inside them too, that use a value. */
export const usersOf = (nodes: readonly OnnxNode[], value: string): OnnxNode[] =>
  allNodesOf(nodes).filter(({ inputs }) => inputs.includes(value));

/** The model without the constants that nothing uses. */
export function withUsedConstants(model: OnnxModel): OnnxModel {
  const used = new Set(allNodesOf(model.nodes).flatMap(({ inputs }) => inputs));
  return { ...model, constants: model.constants.filter(({ name }) => used.has(name)) };
}

/** The model without the nodes that no output needs. */
export function withUsedNodes(model: OnnxModel): OnnxModel {
  const used = new Set(model.outputs.map(({ name }) => name));
  const nodes = model.nodes.toReversed().filter((node) => {
    const isUsed = node.outputs.some((output) => used.has(output));
    if (isUsed) for (const { inputs } of allNodesOf([node])) for (const input of inputs) used.add(input);
    return isUsed;
  });
  return withUsedConstants({ ...model, nodes: nodes.reverse() });
}

/** The model with nodes that give no more outputs than are used: the last ones of many operators may be left out. */
export function withUsedOutputs(model: OnnxModel): OnnxModel {
  const nodes = allNodesOf(model.nodes);
  const graphs = nodes.flatMap(({ attributes }) =>
    Object.values(attributes).flatMap((each) => ('graph' in each ? [each.graph] : [])),
  );
  const used = new Set([
    ...nodes.flatMap(({ inputs }) => inputs),
    ...[model, ...graphs].flatMap(({ outputs }) => outputs.map(({ name }) => name)),
  ]);
  const trimmed = mapNodes(model.nodes, (node) => {
    if ('body' in node.attributes || 'then_branch' in node.attributes) return [node];
    const last = node.outputs.findLastIndex((output) => used.has(output));
    return [{ ...node, outputs: node.outputs.slice(0, Math.max(0, last) + 1) }];
  });
  return { ...model, nodes: trimmed };
}
