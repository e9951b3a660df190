import { Body, placeholder } from '../graph/body.js';
import { type Application, applicationsOf } from '../graph/primitive.js';
import type { Tensor, TensorType } from '../graph/tensor.js';
import { simplify } from '../optimize/simplify.js';

export { serialNow as nodesMade } from '../graph/primitive.js';

/** A node of the graph, to be looked at. */
export interface TracedNode {
  /** The primitive, such as `matMul`. */
  readonly operation: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Nodes are numbered as they are made. */
  readonly serial: number;
  /** What the node runs inside: `body` of a loop, `condition` and `body`, `thenBody` and `elseBody`. */
  readonly bodies: Readonly<Record<string, TracedBody>>;
}

/** A part of the graph that a loop or a branch runs: nodes in order of computation. */
export interface TracedBody {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly nodes: readonly TracedNode[];
}

/** A tensor without elements, to trace functions with. */
export const symbol = (type: TensorType, name: string): Tensor => placeholder(type, name);

/** The nodes that the tensors are computed by, as they were written, each after those that it uses. */
export const nodesBehind = (tensors: readonly Tensor[]): TracedNode[] => applicationsOf(tensors).map(shown);

/** The same tensors computed without needless nodes, as they are when they run: equal nodes are one. */
export const simplified = (tensors: readonly Tensor[]): Tensor[] => simplify(tensors);

function shown({ primitive, inputs, outputs, attributes, serial }: Application): TracedNode {
  // What a checkpoint has inside was computed before it: the node only passes it on.
  const isRun = primitive.name !== 'checkpoint';
  const bodies = Object.entries(attributes).flatMap(([name, body]) =>
    isRun && body instanceof Body ? [[name, bodyOf(body)] as const] : [],
  );
  return {
    operation: primitive.name,
    inputs,
    outputs,
    attributes: attributes as Readonly<Record<string, unknown>>,
    serial,
    bodies: Object.fromEntries(bodies),
  };
}

const bodyOf = ({ inputs, outputs, applications }: Body): TracedBody => ({
  inputs,
  outputs,
  nodes: applications.map(shown),
});
