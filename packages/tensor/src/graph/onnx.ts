import type { DType } from './dtype.js';

// The parts of ONNX that operations are written with.

/** An attribute of an ONNX operator. ONNX tells integers from floats, JavaScript does not: hence the tags. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxValue {
  readonly name: string;
  readonly dtype: DType;
  /** Lengths that differ from run to run stand as names. */
  readonly shape: readonly (number | string)[];
}

/** A graph inside another one: its nodes also see the values of the graphs around it. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** These nodes and all those of the graphs inside them. */
export const allNodesOf = (nodes: readonly OnnxNode[]): OnnxNode[] =>
  nodes.flatMap((node) => [
    node,
    ...Object.values(node.attributes).flatMap((each) =>
      'graph' in each ? allNodesOf(each.graph.nodes) : [],
    ),
  ]);
