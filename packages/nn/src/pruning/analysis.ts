import { type Shape, sameShape, type Tensor, type TracedNode } from '@evenkeel/tensor';
import { costsOf, total } from '../model/multiplyAdds.js';
import type { ExampleInput } from '../model/summary.js';
import { type Axis, Channels } from './channels.js';
import { type NormLayer, normLayers } from './norms.js';
import { type Following, ruleOf } from './rules.js';
import { type ModelCall, type Subject, subjectOf, type TracedCall, traceCall } from './subject.js';

/** What following the channels through one call of a model has found. */
export interface Analysis {
  readonly subject: Subject<unknown>;
  readonly call: ModelCall<unknown>;
  readonly examples: readonly ExampleInput[];
  readonly traced: TracedCall;
  readonly channels: Channels;
  readonly axesOf: (tensor: Tensor) => readonly Axis[];
  /** Whether a product or convolution adds up over this axis of a weight. */
  readonly isAdded: (weight: number, axis: number) => boolean;
  /** Batch normalizations by running statistics. */
  readonly norms: readonly NormLayer[];
}

/** Operations whose result is their input, at most with its axes in another order. */
const views: ReadonlySet<string> = new Set([
  'identity',
  'stopGradient',
  'cast',
  'transpose',
  'reshape',
  'after',
]);

/** Follows the channels of all weights from the first node to the outputs. */
export function analyse<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
): Analysis {
  const subject = subjectOf(model);
  const traced = traceCall(subject.followed, subject.weights, call, examples);
  const channels = new Channels();
  const axes = new Map<Tensor, readonly Axis[]>();
  const isView = new Set<Tensor>(traced.weights);
  const added = new Set<Axis>();
  for (const weight of traced.weights)
    axes.set(
      weight,
      weight.shape.map((length) => channels.fresh(length)),
    );
  const fixed = (tensor: Tensor): Axis[] => tensor.shape.map((length) => (length === 1 ? 'free' : 'fixed'));
  const axesOf = (tensor: Tensor) => axes.get(tensor) ?? fixed(tensor);
  const following: Following = {
    channels,
    axesOf,
    adds(operand, axis) {
      const labels = axesOf(operand)[axis]!;
      if (isView.has(operand)) added.add(labels);
      return isView.has(operand);
    },
  };
  for (const node of traced.nodes) {
    if (views.has(node.operation) && isView.has(node.inputs[0]!)) isView.add(node.outputs[0]!);
    follow(node, following, axes);
  }
  for (const output of traced.outputs)
    for (const axis of axesOf(output)) channels.keep(axis, 'it is an axis of the output');
  const used = new Set(traced.nodes.flatMap(({ inputs }) => inputs));
  for (const weight of traced.weights)
    if (!used.has(weight)) for (const axis of axesOf(weight)) channels.keep(axis, 'the call does not use it');
  return {
    subject,
    call: call as ModelCall<unknown>,
    examples,
    traced,
    channels,
    axesOf,
    isAdded: (weight, axis) => added.has(axesOf(traced.weights[weight]!)[axis]!),
    norms: normLayers(traced, subject.paths),
  };
}

function follow(node: TracedNode, following: Following, axes: Map<Tensor, readonly Axis[]>): void {
  const rule = ruleOf(node.operation);
  if (rule) {
    axes.set(node.outputs[0]!, rule(node, following));
    return;
  }
  for (const input of node.inputs)
    for (const axis of following.axesOf(input))
      following.channels.keep(axis, `\`${node.operation}\` is not followed`);
}

/** The shape of a tensor of the traced call when some channels are gone. */
export const shapeWithout =
  ({ axesOf, channels }: Analysis, gone: ReadonlySet<number>) =>
  (tensor: Tensor): Shape =>
    axesOf(tensor).map((axis, i) =>
      axis instanceof Int32Array
        ? axis.reduce((count, channel) => count + Number(!gone.has(channels.find(channel))), 0)
        : tensor.shape[i]!,
    );

/**
 * The call of the model without some channels, traced.
 * @throws ShapeError and the like when the call does not take the smaller model; RangeError when outputs change
 */
export function traceWithout(analysis: Analysis, gone: ReadonlySet<number>): TracedCall {
  const { subject, traced, call, examples } = analysis;
  const shapeAfter = shapeWithout(analysis, gone);
  const types = traced.weights.map((weight) => ({ shape: shapeAfter(weight), dtype: weight.dtype }));
  const smaller = traceCall((weights) => subject.narrowed(weights, shapeAfter), types, call, examples);
  smaller.outputs.forEach((output, i) => {
    const expected = traced.outputs[i];
    if (!expected || !sameShape(output.shape, expected.shape))
      throw new RangeError(`output ${i} would become ${output}, it is ${expected}`);
  });
  return smaller;
}

/** What a model holds and what a call costs. */
export interface Size {
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Products of two numbers with an addition, as in `modelSummary`. */
  readonly multiplyAdds: number;
}

export const sizeOfCall = ({ weights, nodes }: TracedCall): Size => ({
  parameters: weights.reduce((sum, { size }) => sum + size, 0),
  multiplyAdds: total(costsOf(nodes)),
});

/** What a model holds and what a call costs, without running it; the weights of imported models include their buffers. */
export function callSize<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
): Size {
  const { filled, weights } = subjectOf(model);
  return sizeOfCall(traceCall(filled, weights, call, examples));
}
