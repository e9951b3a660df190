import type { Tensor, TracedNode } from '@evenkeel/tensor';
import type { Analysis } from './analysis.js';
import { elementwiseNames } from './rules.js';

/** What is read of the tensors of a call with zeros for inputs, in the order of the traced nodes. */
export type NumbersOf = (tensor: Tensor) => ArrayLike<number | bigint | boolean>;

/** Where, along an axis, channels stand that are to go: the axis, and for each of its indices the channel or -1. */
export interface GoneAxis {
  readonly axis: number;
  readonly channelAt: Int32Array;
}

/** The axes of a tensor with channels that are to go. */
export function goneAxes(
  { axesOf, channels }: Analysis,
  gone: ReadonlySet<number>,
  tensor: Tensor,
): GoneAxis[] {
  return axesOf(tensor).flatMap((labels, axis) => {
    if (!(labels instanceof Int32Array)) return [];
    const channelAt = labels.map((channel) => {
      const root = channels.find(channel);
      return gone.has(root) ? root : -1;
    });
    return channelAt.some((root) => root >= 0) ? [{ axis, channelAt }] : [];
  });
}

/** Operations that look at no other channels of their first input. */
const firstOnly: ReadonlySet<string> = new Set([
  'reshape',
  'transpose',
  'customGradient',
  'after',
  'broadcastTo',
  'sum',
  'max',
  'takeMaxima',
  'windowMeans',
  'unfold',
  'pad',
  'slice',
  'stridedSlice',
  'upsampleNearest',
  'flip',
]);

/** Indices along an axis at which all numbers are 0. */
function zeroAt(
  tensor: Tensor,
  axis: number,
  values: ArrayLike<number | bigint | boolean>,
): (index: number) => boolean {
  const inner = tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const length = tensor.shape[axis]!;
  const nonZero = new Set<number>();
  for (let i = 0; i < tensor.size; i++)
    if (Number(values[i]) !== 0) nonZero.add(Math.floor(i / inner) % length);
  return (index) => !nonZero.has(index);
}

/**
 * Which of the channels that are to go do not depend on the inputs, by tensor: where a scale or all weights that make them
 * are exactly 0.
 */
export function constantChannels(
  analysis: Analysis,
  gone: ReadonlySet<number>,
  numbersOf: NumbersOf,
): (tensor: Tensor) => ReadonlySet<number> {
  const { traced } = analysis;
  const known = new Map<Tensor, ReadonlySet<number>>();
  const inputDependent = new Set<Tensor>(traced.inputs);
  for (const node of traced.nodes)
    if (node.inputs.some((input) => inputDependent.has(input)))
      for (const output of node.outputs) inputDependent.add(output);
  const has = (tensor: Tensor): ReadonlySet<number> =>
    new Set(
      goneAxes(analysis, gone, tensor).flatMap(({ channelAt }) => [...channelAt].filter((c) => c >= 0)),
    );
  const isConstant = (tensor: Tensor, channel: number): boolean =>
    !inputDependent.has(tensor) || known.get(tensor)?.has(channel) === true;
  /** The channels whose numbers are all 0 in a tensor that depends on weights alone. */
  const zeroChannels = (tensor: Tensor): ReadonlySet<number> => {
    const found = new Set<number>();
    if (inputDependent.has(tensor)) return found;
    for (const { axis, channelAt } of goneAxes(analysis, gone, tensor)) {
      const isZero = zeroAt(tensor, axis, numbersOf(tensor));
      const all = new Map<number, boolean>();
      channelAt.forEach((channel, i) => {
        if (channel >= 0) all.set(channel, (all.get(channel) ?? true) && isZero(i));
      });
      for (const [channel, zero] of all) if (zero) found.add(channel);
    }
    return found;
  };
  const rule = (node: TracedNode): ReadonlySet<number> => {
    const { operation, inputs, outputs } = node;
    const where = (test: (channel: number) => boolean) => new Set([...has(outputs[0]!)].filter(test));
    const [x, w] = inputs as [Tensor, Tensor];
    if (firstOnly.has(operation)) return where((c) => isConstant(x, c));
    if (operation === 'concat')
      return where((c) => inputs.every((each) => !has(each).has(c) || isConstant(each, c)));
    if (operation === 'conv' || operation === 'matMul') {
      const zero = zeroChannels(w);
      const isDepthwise = operation === 'conv' && (node.attributes.groups as number) === x.shape[1];
      return where((c) => zero.has(c) || (isDepthwise && !inputDependent.has(w) && isConstant(x, c)));
    }
    if (operation === 'affineChannels') {
      const zero = zeroChannels(w);
      return where(
        (c) => isConstant(inputs[2]!, c) && (zero.has(c) || inputs.every((each) => isConstant(each, c))),
      );
    }
    if (!elementwiseNames.has(operation)) return new Set();
    const zeroFactors = operation === 'mul' ? inputs.map(zeroChannels) : [];
    return where(
      (c) => zeroFactors.some((zero) => zero.has(c)) || inputs.every((each) => isConstant(each, c)),
    );
  };
  for (const node of traced.nodes)
    if (inputDependent.has(node.outputs[0]!)) known.set(node.outputs[0]!, rule(node));
  return (tensor) => new Set([...has(tensor)].filter((channel) => isConstant(tensor, channel)));
}
