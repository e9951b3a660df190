import type { Tensor, TracedNode } from '@evenkeel/tensor';
import type { Axis, Channels } from './channels.js';
import { reshapedAxes } from './reshapeRule.js';

/** What the channels of a graph are found with. */
export interface Following {
  readonly channels: Channels;
  /** Of each axis of an input. */
  readonly axesOf: (tensor: Tensor) => readonly Axis[];
  /** Notes that a product or convolution adds up over this axis of an operand; returns whether that is a weight. */
  readonly adds: (operand: Tensor, axis: number) => boolean;
}

/** The axes of a node's output, from those of its inputs. */
type Rule = (node: TracedNode, following: Following) => Axis[];

/** Every element by itself, or as inputs broadcast. */
const elementwise: Rule = ({ operation, inputs, outputs: [output] }, { channels, axesOf }) =>
  output!.shape.map((length, axis) =>
    inputs.reduce<Axis>((met, input) => {
      const own = axis - (output!.rank - input.rank);
      if (own < 0) return met;
      const labels = axesOf(input)[own]!;
      if (input.shape[own] === length) return channels.meet(met, labels, operation);
      channels.keep(labels, `\`${operation}\` repeats it`);
      return met;
    }, 'free'),
  );

/** As the first input, whatever else comes along. */
const first: Rule = ({ inputs: [x] }, { axesOf }) => [...axesOf(x!)];

/** All elements of some axes are taken together; `reason` says how. */
const together =
  (axesIn: (node: TracedNode) => readonly number[], reason: string): Rule =>
  (node, { channels, axesOf }) => {
    const [x] = node.inputs;
    const gone = axesIn(node);
    return axesOf(x!).map((axis, i) => {
      if (!gone.includes(i)) return axis;
      channels.keep(axis, reason);
      return node.outputs[0]!.shape[i] === x!.shape[i] ? axis : 'free';
    });
  };

const axesAttribute = ({ attributes }: TracedNode) => attributes.axes as readonly number[];
const axisAttribute = ({ attributes }: TracedNode) => [attributes.axis as number];

/** Images whose first two axes stay what they are. */
const images: Rule = ({ inputs: [x], outputs: [y] }, { axesOf }) => [
  ...axesOf(x!).slice(0, 2),
  ...y!.shape.slice(2).map((): Axis => 'fixed'),
];

/** Joins the channels that stand at the same place of every group. */
function joinGroups(channels: Channels, axis: Axis, groups: number): Axis {
  if (!(axis instanceof Int32Array)) return axis;
  const share = axis.length / groups;
  for (const [i, channel] of axis.entries()) channels.join(axis[i % share]!, channel);
  return axis;
}

/** The channels of images that meet those of weights cut into groups, and the outputs of the groups. */
function grouped(
  channels: Channels,
  groups: number,
  whole: Axis,
  share: Axis,
  outputs: Axis,
  operation: string,
): Axis {
  if (groups === 1) {
    channels.meet(whole, share, operation);
    return outputs;
  }
  const isDepthwise = whole instanceof Int32Array && whole.length === groups;
  if (isDepthwise && outputs instanceof Int32Array) {
    // A group is one channel and all its outputs.
    const each = outputs.length / groups;
    for (const [i, channel] of outputs.entries()) channels.join(whole[Math.floor(i / each)]!, channel);
    channels.keep(share, 'a depthwise convolution has one');
    return outputs;
  }
  joinGroups(channels, whole, groups);
  if (whole instanceof Int32Array) channels.meet(whole.slice(0, whole.length / groups), share, operation);
  else channels.meet(whole, share, operation);
  return joinGroups(channels, outputs, groups);
}

/** Why the lengths of kernels stay, which are no channels. */
export const kernelReason = 'it is a length of a kernel';

function keepKernel(w: Tensor, { channels, axesOf }: Following): void {
  for (const axis of axesOf(w).slice(2)) channels.keep(axis, kernelReason);
}

const spatial = (node: TracedNode): Axis[] => node.outputs[0]!.shape.slice(2).map(() => 'fixed');

const conv: Rule = (node, following) => {
  const { channels, axesOf, adds } = following;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const groups = node.attributes.groups as number;
  keepKernel(w, following);
  adds(w, 1);
  const [batch, whole] = axesOf(x);
  const [outputs, share] = axesOf(w);
  return [batch!, grouped(channels, groups, whole!, share!, outputs!, 'conv'), ...spatial(node)];
};

/** The transposed convolution: the channels of weights are its outputs. */
const convInputGrad: Rule = (node, following) => {
  const { channels, axesOf, adds } = following;
  const [dy, w] = node.inputs as [Tensor, Tensor];
  const groups = node.attributes.groups as number;
  keepKernel(w, following);
  const [batch, whole] = axesOf(dy);
  const [inputs, share] = axesOf(w);
  channels.meet(whole!, inputs!, 'convTranspose');
  if (groups === 1) {
    adds(w, 0);
    return [batch!, share!, ...spatial(node)];
  }
  if (inputs instanceof Int32Array && inputs.length === groups && w.shape[1] === 1) {
    channels.keep(share, 'a depthwise convolution has one');
    return [batch!, inputs, ...spatial(node)];
  }
  channels.keep(inputs, 'a transposed convolution has it in groups');
  channels.keep(share, 'a transposed convolution has it in groups');
  return [batch!, 'fixed', ...spatial(node)];
};

const matMul: Rule = ({ inputs, outputs: [product], attributes }, { channels, axesOf, adds }) => {
  const [a, b] = inputs as [Tensor, Tensor];
  const [rows, inner] = attributes.transposeA ? [a.rank - 1, a.rank - 2] : [a.rank - 2, a.rank - 1];
  const [otherInner, columns] = attributes.transposeB ? [b.rank - 1, b.rank - 2] : [b.rank - 2, b.rank - 1];
  // Of two weights the first makes channels, which the second takes in.
  if (!adds(b, otherInner)) adds(a, inner);
  channels.meet(axesOf(a)[inner]!, axesOf(b)[otherInner]!, 'matMul');
  const leading = product!.shape.slice(0, -2).map((length, axis) =>
    [a, b].reduce<Axis>((met, operand) => {
      const own = axis - (product!.rank - operand.rank);
      if (own < 0) return met;
      const labels = axesOf(operand)[own]!;
      if (operand.shape[own] === length) return channels.meet(met, labels, 'matMul');
      channels.keep(labels, '`matMul` repeats it');
      return met;
    }, 'free'),
  );
  return [...leading, axesOf(a)[rows]!, axesOf(b)[columns]!];
};

/** x [n, c, …] with a factor and an offset for each channel. */
const channelwise: Rule = ({ operation, inputs: [x, ...others] }, { channels, axesOf }) => {
  const [batch, own, ...rest] = axesOf(x!);
  const met = others.reduce<Axis>((axis, other) => channels.meet(axis, axesOf(other)[0]!, operation), own!);
  return [batch!, met, ...rest];
};

const concat: Rule = ({ inputs, outputs: [output], attributes }, { channels, axesOf }) =>
  output!.shape.map((_, axis) => {
    const parts = inputs.map((input) => axesOf(input)[axis]!);
    if (axis !== attributes.axis) return parts.reduce((a, b) => channels.meet(a, b, 'concat'));
    if (!parts.some((part) => part instanceof Int32Array)) return 'fixed';
    return Int32Array.from(
      parts.flatMap((part, i) => {
        if (part instanceof Int32Array) return [...part];
        const given = channels.fresh(inputs[i]!.shape[axis]!);
        channels.keep(given, '`concat` puts something of given length there');
        return [...given];
      }),
    );
  });

/** Axes of which something is cut off or added stay as they are; `isWhole` tells the others. */
const along =
  (isWhole: (node: TracedNode, axis: number) => boolean, reason: string): Rule =>
  (node, { channels, axesOf }) =>
    axesOf(node.inputs[0]!).map((labels, axis) => {
      if (isWhole(node, axis)) return labels;
      channels.keep(labels, reason);
      return 'fixed';
    });

const sameLength = ({ inputs: [x], outputs: [y] }: TracedNode, axis: number): boolean =>
  x!.shape[axis] === y!.shape[axis];

const rulesByName: Readonly<Record<string, Rule>> = {
  conv,
  convInputGrad,
  matMul,
  concat,
  affineChannels: channelwise,
  batchNorm: channelwise,
  customGradient: first,
  after: first,
  reshape: ({ inputs: [x], outputs: [y] }, { channels, axesOf }) =>
    reshapedAxes(channels, axesOf(x!), x!.shape, y!.shape),
  transpose: ({ inputs: [x], attributes }, { axesOf }) =>
    (attributes.permutation as readonly number[]).map((axis) => axesOf(x!)[axis]!),
  broadcastTo: ({ inputs: [x], outputs: [y] }, { channels, axesOf }) =>
    y!.shape.map((length, axis) => {
      const own = axis - (y!.rank - x!.rank);
      const labels = axesOf(x!)[own];
      if (labels !== undefined && x!.shape[own] === length) return labels;
      channels.keep(labels, '`broadcastTo` repeats it');
      return 'free';
    }),
  take: ({ inputs: [table, indices] }, { channels, axesOf }) => {
    const [entries, ...rest] = axesOf(table!);
    channels.keep(entries, 'indices choose among it');
    return [...indices!.shape.map((): Axis => 'fixed'), ...rest];
  },
  takeAlong: (node, following) =>
    together(axisAttribute, 'indices choose among it')({ ...node, inputs: [node.inputs[0]!] }, following),
  sum: together(axesAttribute, 'its elements are added up'),
  max: together(axesAttribute, 'the largest of it is looked for'),
  standardize: together(axesAttribute, 'normalization takes its statistics over it'),
  inverseSpread: together(axesAttribute, 'normalization takes its statistics over it'),
  softmax: together(axisAttribute, '`softmax` runs over it'),
  logSoftmax: together(axisAttribute, '`logSoftmax` runs over it'),
  cumSum: together(axisAttribute, '`cumSum` runs over it'),
  flip: together(axesAttribute, 'its order is turned'),
  slice: along(sameLength, 'a part of it is cut out'),
  stridedSlice: along(sameLength, 'a part of it is cut out'),
  pad: along(sameLength, 'zeros are added to it'),
  takeMaxima: images,
  windowMeans: images,
  unfold: images,
  upsampleNearest: images,
  argMax: reducedIndex,
  argMin: reducedIndex,
};

/** The axis along which an index is looked for is gone. */
function reducedIndex({ inputs: [x], attributes }: TracedNode, { channels, axesOf }: Following): Axis[] {
  const axes = axesOf(x!);
  const gone = attributes.axis as number;
  channels.keep(axes[gone], 'the largest of it is looked for');
  return axes.filter((_, axis) => axis !== gone);
}

/** Operations on every element by itself, or on elements at the same place. */
export const elementwiseNames: ReadonlySet<string> = new Set(
  `abs acos acosh add asin asinh atan atan2 atanh bitwiseAnd bitwiseNot bitwiseOr bitwiseXor cast ceil clip cos cosh div
  equal erf erfc erfinv exp expm1 fakeQuantize floor floorDivide gelu greater greaterEqual hardSigmoid identity isInfinite
  isNaN leakyRelu less lessEqual lgamma log log1p logAddExp logicalAnd logicalNot logicalOr logicalXor maximum minimum mul
  neg polygamma pow relu remainder round sigmoid sign sin sinh softplus sqrt stopGradient sub tan tanh trunc where`.split(
    /\s+/,
  ),
);

/** How an operation hands channels on; undefined for those that are not followed. */
export const ruleOf = (operation: string): Rule | undefined =>
  Object.hasOwn(rulesByName, operation)
    ? rulesByName[operation]
    : elementwiseNames.has(operation)
      ? elementwise
      : undefined;
