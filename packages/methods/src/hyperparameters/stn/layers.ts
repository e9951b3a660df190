import { Conv, type ConvLayerOptions, Linear, type LinearOptions, scaledNormal } from '@evenkeel/nn';
import {
  type DType,
  formatShape,
  matMul,
  mul,
  ShapeError,
  slice,
  splitKey,
  type Tensor,
  uniform,
} from '@evenkeel/tensor';
import { requireLambda, requirePositive, requireWhole } from './checks.js';

// Self-Tuning Networks, arXiv 1903.03088: layers whose weights respond to the hyperparameters. The official code multiplies
// the elementary part by one more trained scalar, 1 at first, which the equations do not have: it is left out.

interface GateOptions {
  /** Standard deviation of the normal distribution that V and C are drawn from, above 0; 0.01 unless said. */
  readonly gateDeviation?: number;
}

export interface StnLinearOptions extends LinearOptions, GateOptions {}

export interface StnConvOptions extends ConvLayerOptions, GateOptions {}

/** Weights and bias for given hyperparameters. */
export interface StnResponse {
  /** As that of the ordinary layer; where there are rows of hyperparameters, one after the other along a new first axis. */
  readonly weight: Tensor;
  /** `[outputs]`, or `[samples, outputs]`. */
  readonly bias?: Tensor;
}

/** A layer with a part that responds to hyperparameters: what `StnLinear` and `StnConv` have in common. */
interface BestResponse<Layer extends Linear | Conv> {
  /** W_elem and b_elem: the layer at λ = 0. */
  readonly elementary: Layer;
  /** W_hyper. */
  readonly hyper: Layer;
  /** b_hyper, `[outputs]`. */
  readonly hyperBias?: Tensor;
  /** V and C next to each other, `[hyperparameters, 2 · outputs]`; V alone without bias. */
  readonly gates: Tensor;
}

/** @throws RangeError for no hyperparameters, and a deviation that is not positive */
function begin<Layer extends Linear | Conv>(
  name: string,
  key: Tensor,
  [hyperparameters, outputs]: readonly [number, number],
  { gateDeviation = 0.01, bias = true, dtype = 'float32' }: GateOptions & { bias?: boolean; dtype?: DType },
  layer: (key: Tensor, bias: boolean) => Layer,
): BestResponse<Layer> {
  requireWhole(name, 'hyperparameters', hyperparameters, 1);
  requirePositive(name, 'gateDeviation', gateDeviation);
  const [elementaryKey, hyperKey, biasKey, gateKey] = splitKey(key, 4);
  const elementary = layer(elementaryKey, bias);
  const bound = (elementary.weight.size / outputs) ** -0.5;
  return {
    elementary,
    hyper: layer(hyperKey, false),
    ...(bias && { hyperBias: uniform(biasKey, [outputs], { low: -bound, high: bound, dtype }) }),
    gates: scaledNormal(gateDeviation)(gateKey, [hyperparameters, bias ? 2 * outputs : outputs], dtype),
  };
}

/** V λ and C λ, `[…, outputs]`, for λ `[…, hyperparameters]`. */
function gatesAt(gates: Tensor, lambda: Tensor, outputs: number): { weightGate: Tensor; biasGate: Tensor } {
  const both = matMul(lambda.reshape([-1, gates.length(0)]), gates);
  const half = (from: number) =>
    slice(both, [0, from], [both.length(0), from + outputs]).reshape([...lambda.shape.slice(0, -1), outputs]);
  return { weightGate: half(0), biasGate: half(both.length(-1) - outputs) };
}

/**
 * W_elem x + b_elem + (V λ) ⊙ (W_hyper x) + (C λ) ⊙ b_hyper.
 * @param outputAxis which axis of the result counts outputs; gates are the same along the others, but for that of samples
 */
function respond<Layer extends Linear | Conv>(
  name: string,
  { elementary, hyper, hyperBias, gates }: BestResponse<Layer>,
  x: Tensor,
  lambda: Tensor | undefined,
  outputAxis: 1 | -1,
): Tensor {
  const plain = elementary.call(x);
  if (!lambda) return plain;
  requireLambda(name, lambda, gates.length(0), plain.length(0));
  const outputs = plain.length(outputAxis);
  const place = plain.shape.map((_, axis) => (axis === (outputAxis + plain.rank) % plain.rank ? outputs : 1));
  if (lambda.rank === 2) place[0] = plain.length(0);
  const { weightGate, biasGate } = gatesAt(gates, lambda, outputs);
  const response = plain.add(mul(weightGate.reshape(place), hyper.call(x)));
  return hyperBias ? response.add(mul(biasGate, hyperBias).reshape(place)) : response;
}

/**
 * W(λ) = W_elem + (V λ) ⊙ W_hyper, every output with a gate of its own, and b(λ) = b_elem + (C λ) ⊙ b_hyper.
 * @param outputAxis which axis of the weight counts outputs
 */
function responseAt<Layer extends Linear | Conv>(
  name: string,
  { elementary, hyper, hyperBias, gates }: BestResponse<Layer>,
  lambda: Tensor,
  outputAxis: number,
): StnResponse {
  requireLambda(name, lambda, gates.length(0), lambda.length(0));
  const { weight, bias } = elementary;
  const outputs = weight.length(outputAxis);
  const { weightGate, biasGate } = gatesAt(gates, lambda, outputs);
  const place = weight.shape.map((_, axis) => (axis === outputAxis ? outputs : 1));
  const gate = weightGate.reshape([...lambda.shape.slice(0, -1), ...place]);
  return {
    weight: mul(gate, hyper.weight).add(weight),
    ...(bias && hyperBias && { bias: mul(biasGate, hyperBias).add(bias) }),
  };
}

/** The ordinary layer with the weights that the response has at one λ. */
function layerAt<Layer extends Linear | Conv>(elementary: Layer, response: StnResponse): Layer {
  return Object.assign(Object.create(Object.getPrototypeOf(elementary)), elementary, response);
}

/**
 * A linear layer whose weights are an affine function of unconstrained hyperparameters λ, one λ for each sample:
 * y = x W_elem + b_elem + (V λ) ⊙ (x W_hyper) + (C λ) ⊙ b_hyper, `[samples, …, inputs] → [samples, …, outputs]`. That is
 * two ordinary products and a gate, and twice the weights of `Linear`. At λ = 0 it is the ordinary layer `elementary`.
 */
export class StnLinear {
  readonly elementary: Linear;
  readonly hyper: Linear;
  readonly hyperBias?: Tensor;
  readonly gates: Tensor;

  /**
   * W_elem, W_hyper, b_elem and b_hyper from U(±1/√inputs), V and C from N(0, 0.01²) unless said.
   * @throws RangeError for no hyperparameters, and a deviation that is not positive
   */
  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    hyperparameters: number,
    options: StnLinearOptions = {},
  ) {
    const parts = begin('StnLinear', key, [hyperparameters, outputs], options, (own, bias) => {
      return new Linear(own, inputs, outputs, { ...options, bias });
    });
    this.elementary = parts.elementary;
    this.hyper = parts.hyper;
    if (parts.hyperBias) this.hyperBias = parts.hyperBias;
    this.gates = parts.gates;
  }

  /**
   * @param lambda `[samples, hyperparameters]`, or `[hyperparameters]` for all samples; without it the layer is `elementary`
   * @throws ShapeError when the last axis of `x` is not `inputs` long, λ has another width, or not a row for each sample
   */
  call(x: Tensor, lambda?: Tensor): Tensor {
    return respond('StnLinear', this, x, lambda, -1);
  }

  /** W(λ) and b(λ), for λ `[hyperparameters]` or `[samples, hyperparameters]`. @throws ShapeError for another width */
  response(lambda: Tensor): StnResponse {
    return responseAt('StnLinear', this, lambda, 1);
  }

  /** The ordinary layer that this one is at one λ `[hyperparameters]`. @throws ShapeError for another shape */
  at(lambda: Tensor): Linear {
    requireOne('StnLinear', lambda);
    return layerAt(this.elementary, this.response(lambda));
  }
}

/**
 * A convolution whose weights respond to hyperparameters as those of `StnLinear` do, with one gate for each output channel,
 * the same at all positions: `[samples, inputs, h, w] → [samples, outputs, h', w']`, and without `h` for a kernel `[columns]`.
 * The networks of the paper have such layers but for the last, which is ordinary.
 */
export class StnConv {
  readonly elementary: Conv;
  readonly hyper: Conv;
  readonly hyperBias?: Tensor;
  readonly gates: Tensor;

  /** As of `StnLinear`, with the numbers behind one output for inputs. @throws as `StnLinear` and `Conv` */
  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    kernel: readonly number[],
    hyperparameters: number,
    { gateDeviation, ...options }: StnConvOptions = {},
  ) {
    const gate = gateDeviation === undefined ? options : { ...options, gateDeviation };
    const parts = begin('StnConv', key, [hyperparameters, outputs], gate, (own, bias) => {
      return new Conv(own, inputs, outputs, kernel, { ...options, bias });
    });
    this.elementary = parts.elementary;
    this.hyper = parts.hyper;
    if (parts.hyperBias) this.hyperBias = parts.hyperBias;
    this.gates = parts.gates;
  }

  /** @param lambda as for `StnLinear` @throws ShapeError as there, and when channels, axes or sizes do not fit */
  call(x: Tensor, lambda?: Tensor): Tensor {
    return respond('StnConv', this, x, lambda, 1);
  }

  /** As of `StnLinear`. */
  response(lambda: Tensor): StnResponse {
    return responseAt('StnConv', this, lambda, 0);
  }

  /** As of `StnLinear`. */
  at(lambda: Tensor): Conv {
    requireOne('StnConv', lambda);
    return layerAt(this.elementary, this.response(lambda));
  }
}

function requireOne(name: string, lambda: Tensor): void {
  if (lambda.rank !== 1) {
    throw new ShapeError(`${name}: lambda: got ${formatShape(lambda.shape)}, expected [hyperparameters]`);
  }
}
