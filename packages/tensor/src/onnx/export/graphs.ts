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
