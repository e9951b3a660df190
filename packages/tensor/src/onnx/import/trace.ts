import { DTypeError, ShapeError } from '../../graph/errors.js';
import { Call, type Operator, valuesOf } from './call.js';
import { OnnxError } from './errors.js';
import type { AttributeFile, FunctionFile, GraphFile, NodeFile } from './file.js';
import { fold } from './fold.js';
import { operatorFor } from './operators.js';
import { functionKey, type Tracing } from './tracing.js';
import type { Value } from './value.js';

/** Values by name, and what the nodes that give them belong to. */
export interface Scope {
  readonly values: Map<string, Value>;
  /** The graph around. */
  readonly outer?: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Attributes of the call of a function, within its nodes. */
  readonly parameters?: ReadonlyMap<string, AttributeFile>;
  readonly depth: number;
}

function lookUp(scope: Scope | undefined, name: string, node: string): Value {
  for (let at = scope; at; at = at.outer) {
    const value = at.values.get(name);
    if (value) return value;
  }
  throw new OnnxError(`${node}: nothing before it gives "${name}"`);
}

/** Traces nodes in order; what they give is put into the scope. */
export function runNodes(nodes: readonly NodeFile[], scope: Scope, tracing: Tracing): void {
  for (const node of nodes) {
    tracing.takeNode(node);
    const inputs = node.inputs.map((name) =>
      name ? lookUp(scope, name, `node "${node.name}" (${node.type})`) : undefined,
    );
    const outputs = runNode(node, inputs, scope, tracing);
    node.outputs.forEach((name, index) => {
      if (!name) return;
      const value = outputs[index];
      if (!value) throw new OnnxError(`node "${node.name}" (${node.type}): there is no output ${index}`);
      tracing.takeBytes(8 * (value.numbers?.length ?? 0), node);
      scope.values.set(name, value);
    });
  }
}

function runNode(
  node: NodeFile,
  inputs: readonly (Value | undefined)[],
  scope: Scope,
  tracing: Tracing,
): readonly (Value | undefined)[] {
  const definition = tracing.model.functions.get(functionKey(node.domain, node.type));
  const attributes = attributesOf(node, scope);
  if (definition) return runFunction(definition, node, inputs, attributes, scope, tracing);
  const opset = scope.opsets.get(node.domain) ?? 1;
  const run = (graph: GraphFile, given: readonly Value[]) => runGraph(graph, given, scope, tracing);
  const call = new Call(node, inputs, attributes, opset, tracing, run);
  return valuesOf(explained(call, (each) => fold(each) ?? (operatorFor(node) as Operator)(each)));
}

/** Says which node an error comes from. */
function explained<T>(call: Call, operator: (call: Call) => T): T {
  try {
    return operator(call);
  } catch (error) {
    const { message } = error as Error;
    const { name, type } = call.node;
    if (error instanceof ShapeError)
      throw new ShapeError(`node "${name}" (${type}): ${message}`, { cause: error });
    if (error instanceof DTypeError)
      throw new DTypeError(`node "${name}" (${type}): ${message}`, { cause: error });
    if (error instanceof RangeError)
      throw new OnnxError(`node "${name}" (${type}): ${message}`, { cause: error });
    throw error;
  }
}

/** A node's attributes, with those of the function around filled in. */
function attributesOf({ attributes }: NodeFile, { parameters }: Scope): ReadonlyMap<string, AttributeFile> {
  if (!parameters) return attributes;
  return new Map(
    [...attributes].flatMap(([name, attribute]) => {
      const filled = attribute.kind === 'reference' ? parameters.get(attribute.value) : attribute;
      return filled ? [[name, filled] as const] : [];
    }),
  );
}

function deeper({ depth }: Scope, tracing: Tracing, where: string): number {
  const { depth: most } = tracing.model.limits;
  if (depth >= most) throw new OnnxError(`${where}: calls lie more than ${most} deep (limits.depth)`);
  return depth + 1;
}

function runFunction(
  definition: FunctionFile,
  node: NodeFile,
  inputs: readonly (Value | undefined)[],
  attributes: ReadonlyMap<string, AttributeFile>,
  outer: Scope,
  tracing: Tracing,
): Value[] {
  const values = new Map<string, Value>();
  definition.inputs.forEach((name, index) => {
    const value = inputs[index];
    if (value) values.set(name, value);
  });
  const scope: Scope = {
    values,
    opsets: new Map([...outer.opsets, ...definition.opsets]),
    parameters: new Map([...definition.defaults, ...attributes]),
    depth: deeper(outer, tracing, `node "${node.name}"`),
  };
  runNodes(definition.nodes, scope, tracing);
  return definition.outputs.map((name) => lookUp(scope, name, `function ${definition.name}`));
}

/** Traces a graph within a scope. @param inputs in the order of the graph's own */
function runGraph(graph: GraphFile, inputs: readonly Value[], outer: Scope, tracing: Tracing): Value[] {
  const where = `graph "${graph.name}"`;
  if (inputs.length !== graph.inputs.length) {
    throw new OnnxError(`${where}: it takes ${graph.inputs.length} inputs, but gets ${inputs.length}`);
  }
  const values = new Map(graph.initializers.map((tensor) => [tensor.name, tracing.constant(tensor)]));
  graph.inputs.forEach(({ name }, index) => {
    values.set(name, inputs[index]!);
  });
  const scope: Scope = { ...outer, values, outer, depth: deeper(outer, tracing, where) };
  runNodes(graph.nodes, scope, tracing);
  return graph.outputs.map(({ name }) => lookUp(scope, name, where));
}
