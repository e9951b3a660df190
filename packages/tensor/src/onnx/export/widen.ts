import type { OnnxAttribute } from '../../graph/primitive.js';
import type { OnnxConstant, OnnxModel, OnnxNode } from '../model.js';
import { mapNodes } from './graphs.js';
import { moduleOf } from './names.js';
import type { WeightInfo } from './options.js';

/** A weight of a model, as it is before it is stored otherwise. */
export interface StoredWeight extends WeightInfo {
  /** With the weight's provisional name and its elements. */
  readonly constant: OnnxConstant;
}

/** What turns a stored weight back into float32: an operator with further constants as its inputs. */
export interface Widening {
  readonly type: string;
  readonly constants: readonly OnnxConstant[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** The model with `stored` in place of a weight, followed by the operator that gives the weight's numbers. */
export function withWidened(
  model: OnnxModel,
  { name, constant }: StoredWeight,
  stored: Pick<OnnxConstant, 'dtype' | 'data'>,
  { type, constants, attributes }: Widening,
): OnnxModel {
  const value = `${moduleOf(name)}|${constant.name}.${type}`;
  const node: OnnxNode = {
    name: `${value}.${type}`,
    type,
    domain: '',
    inputs: [constant.name, ...constants.map((each) => each.name)],
    outputs: [value],
    attributes,
  };
  const rewired = mapNodes(model.nodes, (each) => [
    { ...each, inputs: each.inputs.map((input) => (input === constant.name ? value : input)) },
  ]);
  return {
    ...model,
    nodes: [node, ...rewired],
    constants: [
      ...model.constants.map((each) => (each.name === constant.name ? { ...constant, ...stored } : each)),
      ...constants,
    ],
  };
}
