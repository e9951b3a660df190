import {
  evaluate,
  leavesOf,
  nodesBehind,
  type Tensor,
  type TracedNode,
  tensor,
  zeros,
} from '@evenkeel/tensor';
import type { Analysis } from './analysis.js';
import { constantChannels, goneAxes, type NumbersOf } from './constantChannels.js';

/** What became of constants in the channels that are gone. */
export interface FoldedConstants {
  /** How many times what a constant channel gave to a layer was added to a bias or a running mean. */
  readonly folded: number;
  /** Where constants other than 0 are lost, one sentence each: outputs change by that. */
  readonly notFolded: readonly string[];
}

interface Contribution {
  /** Constant channels that go, and are not 0. */
  readonly channels: number;
  /** Of each output of the layer; undefined where no number can be told. */
  readonly sums?: Float64Array;
  /** Whether the numbers of a channel are the same at all places. */
  readonly isEven: boolean;
}

/** The weights, with what constants in channels that go give to other layers. */
export async function foldConstants(
  analysis: Analysis,
  gone: ReadonlySet<number>,
): Promise<FoldedConstants & { readonly weights: readonly Tensor[] }> {
  const { subject, traced } = analysis;
  if (gone.size === 0) return { weights: subject.weights, folded: 0, notFolded: [] };
  const numbersOf = await readValues(analysis, gone);
  const constants = constantChannels(analysis, gone, numbersOf);
  const additions = new Map<number, Float64Array>();
  const notFolded: string[] = [];
  let folded = 0;
  for (const node of traced.nodes) {
    const found = contributionOf(analysis, gone, node, constants, numbersOf);
    if (!found) continue;
    const { sums, channels } = found;
    const target = targetOf(analysis, node);
    const reason = lossOf(node, found, target);
    if (reason !== undefined || !sums || !target) {
      const name = pathBehind(analysis, node.inputs[1]!) ?? node.operation;
      notFolded.push(`${name}: constants of ${channels} removed channels are lost: ${reason}`);
      continue;
    }
    folded += channels;
    const sum = additions.get(target.weight) ?? new Float64Array(sums.length);
    sums.forEach((each, i) => {
      sum[i] = sum[i]! + target.sign * each;
    });
    additions.set(target.weight, sum);
  }
  const weights = await Promise.all(
    subject.weights.map(async (weight, i) => {
      const sum = additions.get(i);
      if (!sum) return weight;
      const data = await weight.data();
      const moved = Array.from(sum, (each, at) => Number(data[at]) + each);
      return tensor(moved, { dtype: weight.dtype, shape: weight.shape });
    }),
  );
  return { weights, folded, notFolded };
}

/** Why constants do not reach a bias; undefined when they do. */
function lossOf(node: TracedNode, { sums, isEven }: Contribution, target: unknown): string | undefined {
  if (!sums) return 'the layer is none that is followed here';
  if (!isEven) return 'they differ from place to place';
  if (node.operation === 'conv' && isPadded(node))
    return 'the layer pads its input, and so sees other numbers at edges';
  return target === undefined ? 'the layer has no bias that could take them' : undefined;
}

const isPadded = ({ attributes }: TracedNode): boolean =>
  [...(attributes.before as readonly number[]), ...(attributes.after as readonly number[])].some(
    (n) => n !== 0,
  );

/** Operations of which operands are looked at. */
const readOperations: ReadonlySet<string> = new Set([
  'conv',
  'convInputGrad',
  'matMul',
  'affineChannels',
  'mul',
]);

/** The numbers of the tensors that matter, for inputs of zeros. */
async function readValues(analysis: Analysis, gone: ReadonlySet<number>): Promise<NumbersOf> {
  const { subject, traced, call, examples } = analysis;
  await evaluate([...subject.weights]);
  const inputs = examples.map(({ shape, dtype = 'float32' }) => zeros(shape, dtype));
  await evaluate(inputs);
  const outputs = leavesOf(call(subject.filled(subject.weights), ...inputs));
  const twins = new Map(traced.weights.map((weight, i) => [weight, subject.weights[i]!]));
  nodesBehind(outputs).forEach((node, i) => {
    node.outputs.forEach((output, at) => {
      twins.set(traced.nodes[i]!.outputs[at]!, output);
    });
  });
  const wanted = traced.nodes.flatMap(({ operation, inputs: operands }) =>
    readOperations.has(operation)
      ? operands.filter((operand) => twins.has(operand) && goneAxes(analysis, gone, operand).length > 0)
      : [],
  );
  const tensors = [...new Set(wanted)];
  await evaluate(tensors.map((each) => twins.get(each)!));
  const data = await Promise.all(tensors.map((each) => twins.get(each)!.data()));
  const values = new Map(tensors.map((each, i) => [each, data[i]!]));
  return (each) => {
    const found = values.get(each);
    return found ? (found as ArrayLike<number>) : [];
  };
}

/** What constant channels that go add to the outputs of a product or convolution; undefined where nothing. */
function contributionOf(
  analysis: Analysis,
  gone: ReadonlySet<number>,
  node: TracedNode,
  constants: (tensor: Tensor) => ReadonlySet<number>,
  numbersOf: NumbersOf,
): Contribution | undefined {
  const { operation, attributes } = node;
  if (operation !== 'conv' && operation !== 'convInputGrad' && operation !== 'matMul') return undefined;
  const [x, w] = node.inputs as [Tensor, Tensor];
  const axis = operation === 'matMul' ? x.rank - (attributes.transposeA ? 2 : 1) : 1;
  const groups = operation === 'matMul' ? 1 : (attributes.groups as number);
  const own = goneAxes(analysis, gone, x).find((each) => each.axis === axis);
  if (!own || (groups > 1 && groups === x.shape[1])) return undefined;
  const constant = constants(x);
  const values = numbersOf(x);
  const found = [...own.channelAt.entries()].flatMap(([index, channel]) => {
    const range = channel >= 0 && constant.has(channel) ? rangeAt(x, axis, index, values) : undefined;
    return range && (range.low !== 0 || range.high !== 0) ? [{ index, ...range }] : [];
  });
  if (found.length === 0) return undefined;
  const isEven = found.every(({ low, high }) => high - low <= 1e-6 * Math.max(Math.abs(low), Math.abs(high)));
  const isKnown = operation === 'conv' || (operation === 'matMul' && w.rank === 2 && !attributes.transposeA);
  if (!isKnown) return { channels: found.length, isEven };
  const outputs = operation === 'conv' ? w.shape[0]! : node.outputs[0]!.length(-1);
  const weightSum = weightSums(node, w, numbersOf(w), outputs, groups);
  const sums = Float64Array.from({ length: outputs }, (_, output) =>
    found.reduce((sum, { index, low }) => sum + low * weightSum(index, output), 0),
  );
  return { channels: found.length, sums, isEven };
}

/** The least and the largest number at an index of an axis. */
function rangeAt(
  { shape, size }: Tensor,
  axis: number,
  index: number,
  values: ArrayLike<number | bigint | boolean>,
): { low: number; high: number } {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let start = index * inner; start < size; start += inner * shape[axis]!) {
    for (let i = start; i < start + inner; i++) {
      low = Math.min(low, Number(values[i]));
      high = Math.max(high, Number(values[i]));
    }
  }
  return { low, high };
}

/** The sum of the weights between an input and an output of a layer. */
function weightSums(
  { operation, attributes }: TracedNode,
  w: Tensor,
  weights: ArrayLike<number | bigint | boolean>,
  outputs: number,
  groups: number,
): (input: number, output: number) => number {
  if (operation === 'matMul') {
    const inputs = w.size / outputs;
    return attributes.transposeB
      ? (input, output) => Number(weights[output * inputs + input])
      : (input, output) => Number(weights[input * outputs + output]);
  }
  const share = w.shape[1]!;
  const taps = w.shape.slice(2).reduce((a, b) => a * b, 1);
  return (input, output) => {
    if (Math.floor(input / share) !== Math.floor(output / (outputs / groups))) return 0;
    const start = (output * share + (input % share)) * taps;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) sum += Number(weights[start + tap]);
    return sum;
  };
}

/** Where a constant can be added to a layer's outputs: to a bias, or, with the other sign, to a running mean. */
function targetOf(analysis: Analysis, node: TracedNode): { weight: number; sign: 1 | -1 } | undefined {
  const { traced, subject, norms } = analysis;
  const usersOf = (tensor: Tensor) => traced.nodes.filter(({ inputs }) => inputs.includes(tensor));
  let at = node.outputs[0]!;
  const outputs = at.length(node.operation === 'conv' ? 1 : -1);
  for (;;) {
    const [user, ...others] = usersOf(at);
    if (!user || others.length > 0 || traced.outputs.includes(at)) return undefined;
    if (user.operation === 'reshape' || user.operation === 'identity') {
      at = user.outputs[0]!;
      continue;
    }
    const weightOf = (path: string | undefined, sign: 1 | -1) => {
      const weight = path === undefined ? -1 : subject.paths.indexOf(path);
      const symbol = traced.weights[weight];
      const isOwn = symbol?.size === outputs && usersOf(symbol).length === 1;
      return isOwn ? { weight, sign } : undefined;
    };
    if (user.operation === 'add') {
      const other = user.inputs[0] === at ? user.inputs[1]! : user.inputs[0]!;
      return weightOf(pathBehind(analysis, other), 1);
    }
    if (user.operation !== 'affineChannels' || user.inputs[0] !== at) return undefined;
    const norm = norms.find(({ node: own }) => own === user);
    return weightOf(norm?.mean, -1);
  }
}

/** The path of the weight that a tensor is, in another shape perhaps. */
function pathBehind({ traced, subject }: Analysis, given: Tensor): string | undefined {
  let at = given;
  for (;;) {
    const index = traced.weights.indexOf(at);
    if (index >= 0) return subject.paths[index];
    const maker = traced.nodes.find(({ outputs }) => outputs[0] === at);
    if (!maker || !['reshape', 'identity', 'stopGradient'].includes(maker.operation)) return undefined;
    at = maker.inputs[0]!;
  }
}
