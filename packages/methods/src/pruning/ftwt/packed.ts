import { type BatchNorm, Conv, relu, type Step } from '@evenkeel/nn';
import {
  add,
  batchNormInference,
  conv,
  formatShape,
  matMul,
  mul,
  ShapeError,
  scatterSet,
  Tensor,
  take,
  topK,
  zeros,
} from '@evenkeel/tensor';
import { channelsOf, Gated } from './gated.js';
import { predictedMask } from './head.js';
import { type GatedNetwork, gatesIn } from './network.js';
import { GatedResidual } from './residual.js';

/** Some channels of one sample: what is not among them is 0. */
export interface Packed {
  /** `[1, kept, h, w]` or `[1, kept]`; what only fills the count up is 0. */
  readonly values: Tensor;
  /** Which channels they are, int32 `[kept]`, without repetition. */
  readonly channels: Tensor;
  /** Number of channels that there would be with nothing left out. */
  readonly of: number;
}

const valuesOf = (sample: Tensor | Packed): Tensor => (sample instanceof Tensor ? sample : sample.values);

/** The sample with its dropped channels, as zeros: `[1, of, h, w]` or `[1, of]`. One that is not packed stays as it is. */
export function unpack(sample: Tensor | Packed): Tensor {
  if (sample instanceof Tensor) return sample;
  const { values, channels, of } = sample;
  return scatterSet(zeros([1, of, ...values.shape.slice(2)], values.dtype), channels, values, 1);
}

/**
 * The same as a gate in evaluation, for one sample, without computing what is dropped: weights of the kept filters are
 * gathered, and of those the channels that are there, before the product. A graph has fixed shapes, so that there are always
 * `filters` of them, those with the largest logits; the gate's own result comes out when it lets no more than that through.
 *
 * Gathering takes time as well, and a convolution whose weights change from call to call is slower than one whose weights
 * are known beforehand. On ONNX Runtime's CPU, half of the filters took 0.8 to 1.8 times as long as all of them: measure
 * before using it.
 * @param input `[1, inputs, h, w]`, `[1, inputs]`, or what another gate gave
 * @param filters at least 1 and at most the layer's number
 * @throws ShapeError for inputs of other shapes, more than one sample, or convolutions in groups; RangeError for other counts
 */
export function packedGate(block: Gated, input: Tensor | Packed, filters: number): Packed {
  const { layer, head, norm, activation } = block;
  requirePackable(block, input);
  const [, outputs] = channelsOf(layer);
  if (!(Number.isInteger(filters) && filters >= 1 && filters <= outputs))
    throw new RangeError(`packedGate: filters: got ${filters}, expected an integer from 1 to ${outputs}`);
  const { values: logits, indices } = topK(head.fromPooled(pooled(block, input)), filters, 1);
  const channels = indices.reshape([filters]);
  const product = chosenProduct(layer, input, channels);
  const perChannel = (x: Tensor) => x.reshape([filters, ...product.shape.slice(2).map(() => 1)]);
  const shifted = layer.bias ? add(product, perChannel(take(layer.bias, channels))) : product;
  const normal = norm ? normalized(norm, shifted, channels) : shifted;
  const dense = activation ? activation(normal) : normal;
  return { values: mul(dense, perChannel(predictedMask(logits))), channels, of: outputs };
}

function requirePackable({ layer }: Gated, input: Tensor | Packed): void {
  const [inputs] = channelsOf(layer);
  const { shape } = valuesOf(input);
  const [samples, present, ...places] = shape;
  const channels = input instanceof Tensor ? present : input.of;
  if (shape.length !== layer.weight.rank || samples !== 1 || channels !== inputs) {
    const expected = layer instanceof Conv ? `[1, ${inputs}, h, w]` : `[1, ${inputs}]`;
    const got = formatShape([samples!, channels!, ...places]);
    throw new ShapeError(`packedGate: expected one sample ${expected}, got ${got}`);
  }
  if (layer instanceof Conv && layer.weight.length(1) !== inputs) {
    const groups = inputs / layer.weight.length(1);
    throw new ShapeError(`packedGate: convolutions in groups cannot be packed, got ${groups} groups`);
  }
}

/** What the head sees, with zeros for channels that are not there: `[1, inputs]`. */
function pooled({ head }: Gated, input: Tensor | Packed): Tensor {
  const seen = head.pooled(valuesOf(input));
  return input instanceof Tensor ? seen : unpack({ ...input, values: seen });
}

/** Product with the weights of the chosen filters, of those channels that are there. */
function chosenProduct(layer: Gated['layer'], input: Tensor | Packed, channels: Tensor): Tensor {
  const isConv = layer instanceof Conv;
  const rows = take(isConv ? layer.weight : layer.weight.transpose(), channels);
  const weight = input instanceof Tensor ? rows : take(rows, input.channels, 1);
  return isConv
    ? conv(valuesOf(input), weight, { ...layer.options, groups: 1 })
    : matMul(valuesOf(input), weight.transpose());
}

function normalized(norm: BatchNorm, x: Tensor, channels: Tensor): Tensor {
  const of = (each: Tensor) => take(each, channels);
  const running = { mean: of(norm.running.mean), variance: of(norm.running.variance) };
  const { epsilon } = norm;
  return batchNormInference(x, running, { scale: of(norm.scale), shift: of(norm.shift), epsilon });
}

/**
 * A network with gates in evaluation, for one sample, whose gates compute a fixed number of filters each: what one gate packs
 * the next one reads, and all other layers read it unpacked.
 * @param filters of each gate, in the order of the layers
 * @throws RangeError unless there is a count for each gate, within its layer; ShapeError as `packedGate`
 */
export function packedCall(network: GatedNetwork, x: Tensor, filters: readonly number[]): Tensor {
  const count = gatesIn(network.steps);
  if (filters.length !== count)
    throw new RangeError(`packedCall: got ${filters.length} numbers of filters for ${count} gates`);
  const left = [...filters];
  return unpack(network.steps.reduce((sample: Tensor | Packed, step) => packedStep(step, sample, left), x));
}

/** Takes a step, and the counts of its gates off the list. */
function packedStep(step: Step, sample: Tensor | Packed, left: number[]): Tensor | Packed {
  if (step instanceof Gated) return packedGate(step, sample, left.shift()!);
  const x = unpack(sample);
  if (!(step instanceof GatedResidual)) return typeof step === 'function' ? step(x) : step.call(x);
  const inner = packedGate(step.first, x, left.shift()!);
  const outer = packedGate(step.second, inner, left.shift()!);
  return relu(unpack(outer).add(step.direct(x)));
}
