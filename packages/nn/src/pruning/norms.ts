import type { Tensor, TracedNode } from '@evenkeel/tensor';
import type { TracedCall } from './subject.js';

/** The weights of a batch normalization by running statistics, by their paths. */
export interface NormLayer {
  readonly scale?: string;
  readonly shift?: string;
  readonly mean: string;
  readonly variance: string;
  /** The node that applies it. */
  readonly node: TracedNode;
}

const isOne = <Name extends string>(
  node: TracedNode | undefined,
  operation: Name,
): node is TracedNode & { readonly operation: Name } => node?.operation === operation;

/** The normalizations of a call: an affine map of channels whose slope is scale / √(variance + ε). */
export function normLayers(
  { weights, nodes }: Pick<TracedCall, 'weights' | 'nodes'>,
  paths: readonly string[],
): NormLayer[] {
  const makers = new Map(nodes.map((node) => [node.outputs[0]!, node]));
  const pathOf = (tensor: Tensor | undefined): string | undefined => {
    const maker = tensor && makers.get(tensor);
    if (maker)
      return isOne(maker, 'stopGradient') || isOne(maker, 'identity') ? pathOf(maker.inputs[0]) : undefined;
    const index = tensor ? weights.indexOf(tensor) : -1;
    return index < 0 ? undefined : paths[index];
  };
  /** The path of the variance, if this is 1 / √(variance + ε). */
  const varianceOf = (inverse: Tensor): string | undefined => {
    const division = makers.get(inverse);
    const root = isOne(division, 'div') ? makers.get(division.inputs[1]!) : undefined;
    const sum = isOne(root, 'sqrt') ? makers.get(root.inputs[0]!) : undefined;
    return isOne(sum, 'add') ? pathOf(sum.inputs[0]) : undefined;
  };
  return nodes.flatMap((node): NormLayer[] => {
    if (node.operation !== 'affineChannels') return [];
    const [, slope, offset] = node.inputs as [Tensor, Tensor, Tensor];
    const stretched = makers.get(slope);
    const [scale, inverse] = isOne(stretched, 'mul') ? stretched.inputs : [undefined, slope];
    const variance = varianceOf(inverse!);
    const offsetMaker = makers.get(offset);
    const [shift, product] = isOne(offsetMaker, 'sub')
      ? offsetMaker.inputs
      : [undefined, offsetMaker?.inputs[0]];
    const mean = pathOf(product && makers.get(product)?.inputs[0]);
    if (variance === undefined || mean === undefined) return [];
    const [scalePath, shiftPath] = [pathOf(scale), pathOf(shift)];
    return [
      {
        ...(scalePath !== undefined && { scale: scalePath }),
        ...(shiftPath !== undefined && { shift: shiftPath }),
        mean,
        variance,
        node,
      },
    ];
  });
}
