import {
  flatten,
  ImportedModule,
  leavesOf,
  nodesBehind,
  type Resized,
  type Shape,
  sameShape,
  symbol,
  type Tensor,
  type TracedNode,
  withLeaves,
} from '@evenkeel/tensor';
import type { ExampleInput } from '../model/summary.js';

/** What a model computes: any function of it and of inputs that returns a tree of tensors. */
export type ModelCall<Model> = (model: Model, ...inputs: Tensor[]) => unknown;

/** A model whose weights can be exchanged for others, also of other lengths. */
export interface Subject<Model> {
  readonly weights: readonly Tensor[];
  /** Where each weight stands, as in `flatten`; buffers of imported models are `buffers.NAME`. */
  readonly paths: readonly string[];
  /** The model with other weights of the same types. */
  filled(weights: readonly Tensor[]): Model;
  /** As `filled`, for the call in which channels are followed. */
  followed(weights: readonly Tensor[]): Model;
  /**
   * The model with shorter weights.
   * @param shapeAfter the new shape of a tensor of the call in which channels were followed
   */
  narrowed(weights: readonly Tensor[], shapeAfter: (tensor: Tensor) => Shape): Model;
}

export const subjectOf = <Model>(model: Model): Subject<Model> =>
  model instanceof ImportedModule
    ? (importedSubject(model) as unknown as Subject<Model>)
    : treeSubject(model);

function treeSubject<Model>(model: Model): Subject<Model> {
  const { leaves, paths } = flatten(model);
  return {
    weights: leaves,
    paths,
    filled: (weights) => withLeaves(model, weights),
    followed: (weights) => withLeaves(model, weights),
    narrowed: (weights) => withLeaves(model, weights),
  };
}

function importedSubject(model: ImportedModule): Subject<ImportedModule> {
  const names = Object.keys(model.weights);
  const byName = (weights: readonly Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, weights[i]!]));
  const values = new Map<string, Tensor>();
  return {
    weights: Object.values(model.weights),
    paths: names.map((name) => `${model.buffers.has(name) ? 'buffers' : 'parameters'}.${name}`),
    filled: (weights) => model.withWeights(byName(weights)),
    followed: (weights) =>
      model.withWeights(byName(weights)).watched((name, value) => values.set(name, value)),
    narrowed(weights, shapeAfter) {
      const shapes = new Map<string, Resized>();
      for (const [name, value] of values) {
        const after = shapeAfter(value);
        if (!sameShape(value.shape, after)) shapes.set(name, { before: value.shape, after });
      }
      return model.resized(byName(weights), shapes);
    },
  };
}

/** One call of a model, traced with symbols in the place of weights and inputs. */
export interface TracedCall {
  readonly weights: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly nodes: readonly TracedNode[];
}

const symbolsFor = (name: string, types: readonly ExampleInput[]): Tensor[] =>
  types.map(({ shape, dtype = 'float32' }, i) => symbol({ shape, dtype }, `${name} ${i}`));

/** @throws RangeError when the call returns no tensor, and what the call throws */
export function traceCall<Model>(
  modelOf: (weights: readonly Tensor[]) => Model,
  weightTypes: readonly ExampleInput[],
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
): TracedCall {
  const weights = symbolsFor('weight', weightTypes);
  const inputs = symbolsFor('input', examples);
  const outputs = leavesOf(call(modelOf(weights), ...inputs));
  if (outputs.length === 0) throw new RangeError('channelGroups: the call returned no tensor');
  return { weights, inputs, outputs, nodes: nodesBehind(outputs) };
}
