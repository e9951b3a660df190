import type { TypedArray } from '../../graph/dtype.js';
import type { OnnxModel, OnnxNode } from '../model.js';
import { mapNodes } from './graphs.js';

/**
 * Affine maps of channels whose slope is scale / √(variance + ε), and whose offset is shift - mean · slope, are batch
 * normalizations again: whoever reads the file can tell statistics from what is trained. What only the slope needed is
 * left to be dropped.
 */
export function withBatchNorms(model: OnnxModel): OnnxModel {
  const makers = new Map(model.nodes.map((node) => [node.outputs[0]!, node]));
  const constants = new Map(model.constants.map((constant) => [constant.name, constant]));
  const numberOf = (name: string | undefined): number | undefined => {
    const constant = constants.get(name ?? '');
    return constant?.shape.length === 0 ? Number((constant.data as TypedArray)[0]) : undefined;
  };
  const made = (name: string | undefined, type: string): readonly string[] | undefined => {
    const maker = makers.get(name ?? '');
    return maker?.type === type && maker.domain === '' ? maker.inputs : undefined;
  };
  const isRepeated = (name: string | undefined, number: number) =>
    numberOf(made(name, 'Expand')?.[0]) === number;
  /** Whether there is one number for each channel, which the operator wants: an operation takes a single one as well. */
  const isVector = (name: string): boolean => {
    const stored = made(name, 'Cast') ?? made(name, 'DequantizeLinear');
    return stored ? isVector(stored[0]!) : constants.get(name)?.shape.length === 1;
  };

  function normOf({ type, inputs }: OnnxNode): Pick<OnnxNode, 'inputs' | 'attributes'> | undefined {
    if (type !== 'BatchNormalization') return undefined;
    const [x, slope, offset, zeros, ones] = inputs as [string, string, string, string, string];
    if (!isRepeated(zeros, 0) || !isRepeated(ones, 1)) return undefined;
    const [scale, inverse] = made(slope, 'Mul') ?? [];
    const [one, root] = made(inverse, 'Div') ?? [];
    const [variance, added] = made(made(root, 'Sqrt')?.[0], 'Add') ?? [];
    const [shift, product] = made(offset, 'Sub') ?? [];
    const [mean, factor] = made(product, 'Mul') ?? [];
    const epsilon = numberOf(added);
    const ours = [scale, shift, mean, variance].filter((each) => each !== undefined);
    const isNorm = numberOf(one) === 1 && epsilon !== undefined && factor === slope && ours.every(isVector);
    return isNorm ? { inputs: [x, ...ours], attributes: { epsilon: { float: epsilon } } } : undefined;
  }
  return { ...model, nodes: mapNodes(model.nodes, (node) => [{ ...node, ...normOf(node) }]) };
}
