import type { Application } from '../../graph/primitive.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Names } from '../emit.js';
import type { OnnxModel, OnnxNode } from '../model.js';
import { withGraphs } from './graphs.js';
import type { Weight } from './trace.js';

// While a file is being made its parts have provisional names, which cannot meet those of the user: `:weight.3`, and for
// nodes `scope|operation.number.Type`. The last pass gives all of them names to read.

export const provisional = (kind: 'input' | 'weight' | 'output', index: number): string =>
  `:${kind}.${index}`;

/** The module that a node belongs to, from its provisional name. */
const scopeOf = (name: string): string => name.slice(0, name.indexOf('|'));

/** Whether a node does nothing but pass an output on. */
export const isEnd = ({ name }: OnnxNode): boolean => name.startsWith(':output.');

/** The operation that a node is part of, from its provisional name, for messages. */
export const operationOf = ({ name }: OnnxNode): string => {
  const scope = scopeOf(name);
  const operation = name.slice(name.indexOf('|') + 1).split('.')[0]!;
  return scope ? `${scope}/${operation}` : operation;
};

/** The module that a weight belongs to, by its path; '' for the model itself. */
export const moduleOf = (weight: string): string => weight.split('.').slice(0, -1).join('.');

/** Names for emission: an operation belongs to the module whose weights were used last on the way to it. */
export function scopedNames(weights: readonly Weight[]): Names {
  const scopes = new Map<Tensor, { readonly scope: string; readonly order: number }>();
  for (const { name, tensor, captured } of weights) {
    if (!captured) scopes.set(tensor, { scope: moduleOf(name), order: Number.POSITIVE_INFINITY });
  }
  let count = 0;
  const node = ({ primitive, inputs, outputs }: Application): string => {
    const known = inputs.flatMap((input) => scopes.get(input) ?? []);
    const latest = known.reduce((best, each) => (each.order > best.order ? each : best), {
      scope: '',
      order: -1,
    });
    const fromWeights = inputs.every((input) => scopes.get(input)?.order === Number.POSITIVE_INFINITY);
    const order = fromWeights && inputs.length > 0 ? Number.POSITIVE_INFINITY : count++;
    if (latest.order >= 0) for (const output of outputs) scopes.set(output, { scope: latest.scope, order });
    return `${latest.scope}|${primitive.name}`;
  };
  return { output: (index) => provisional('output', index), node };
}

/** What the user calls the parts of a model. */
export interface GivenNames {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly weights: readonly string[];
}

/** Gives everything its name to read. */
export function withReadableNames(model: OnnxModel, given: GivenNames): OnnxModel {
  const { rename, unique } = renamer();
  const kinds = { input: given.inputs, output: given.outputs, weight: given.weights };
  for (const [kind, list] of Object.entries(kinds)) {
    list.forEach((name, index) => {
      rename.set(provisional(kind as keyof typeof kinds, index), unique(name));
    });
  }
  for (const { name } of model.constants) {
    if (!rename.has(name)) rename.set(name, unique(/^:?constant\./.test(name) ? 'constant' : name));
  }
  const named = (list: readonly OnnxNode[]): OnnxNode[] =>
    list.map((node) => {
      const scope = scopeOf(node.name);
      const name = unique(scope ? `${scope}/${node.type}` : node.type);
      node.outputs.forEach((output, index) => {
        const own = index ? `${name}.${index}` : name;
        rename.set(output, rename.get(output) ?? own);
      });
      return withGraphs({ ...node, name }, (graph, attribute) => {
        for (const [kind, values] of Object.entries({ input: graph.inputs, output: graph.outputs })) {
          values.forEach((value, index) => {
            rename.set(value.name, unique(`${name}/${attribute}.${kind}.${index}`));
          });
        }
        return { ...graph, nodes: named(graph.nodes) };
      });
    });
  const readable = named(model.nodes);
  const renamed = <Part extends { readonly name: string }>(part: Part): Part => ({
    ...part,
    name: rename.get(part.name) ?? part.name,
  });
  const rewired = (list: readonly OnnxNode[]): OnnxNode[] =>
    list.map((node) =>
      withGraphs(
        {
          ...node,
          inputs: node.inputs.map((name) => rename.get(name) ?? name),
          outputs: node.outputs.map((name) => rename.get(name) ?? name),
        },
        (graph) => ({
          nodes: rewired(graph.nodes),
          inputs: graph.inputs.map(renamed),
          outputs: graph.outputs.map(renamed),
        }),
      ),
    );
  return {
    ...model,
    nodes: rewired(readable),
    constants: model.constants.map(renamed),
    inputs: model.inputs.map(renamed),
    outputs: model.outputs.map(renamed),
  };
}

function renamer() {
  const taken = new Set<string>();
  const unique = (name: string): string => {
    let [candidate, count] = [name, 0];
    while (taken.has(candidate)) candidate = `${name}_${++count}`;
    taken.add(candidate);
    return candidate;
  };
  return { rename: new Map<string, string>(), unique };
}
