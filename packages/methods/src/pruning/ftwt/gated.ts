import { type BatchNorm, Conv, type Linear, relu } from '@evenkeel/nn';
import { formatShape, ShapeError, stopGradient, type Tensor, zerosLike } from '@evenkeel/tensor';
import { type LayerSize, layerSize } from './cost.js';
import { type GateHead, predictedMask } from './head.js';
import { type GateTarget, peakActivations, requireTarget, targetMask } from './target.js';

/**
 * Which mask a gate lets through: what its head predicts, what the head is to predict (which wants the whole layer, and so
 * saves nothing), everything, or a given mask `[channels]` or `[n, channels]`.
 */
export type GateMask = 'predicted' | 'target' | 'open' | Tensor;

/** What a gate is made of. */
export interface GatedOptions {
  /** What the head learns to say. */
  readonly target: GateTarget;
  /** Between convolution and activation; none unless said. */
  readonly norm?: BatchNorm;
  /** `relu` unless said. `undefined` is none: targets go by |O|. */
  readonly activation?: ((x: Tensor) => Tensor) | undefined;
  /**
   * Whether the loss of the masks stops at the head (`decoupled`, unless said) or goes on into what came before (`joint`).
   */
  readonly mode?: 'decoupled' | 'joint';
}

/** How a sample batch goes through gates. */
export interface GateRun<Mask = GateMask> {
  /** `predicted` unless said. */
  readonly mask?: Mask;
  /** Whether normalization goes by the batch; false unless said. */
  readonly training?: boolean;
}

/** What came of a gate. */
export interface GatePass {
  /** O · M, masked. */
  readonly output: Tensor;
  /** P `[n, channels]`. */
  readonly logits: Tensor;
  /** g `[n, channels]`, zeros and ones. */
  readonly target: Tensor;
  /** M `[n, channels]`, zeros and ones: what was let through. */
  readonly mask: Tensor;
  /** a `[n, channels]`: largest response of each filter before it was masked. */
  readonly peaks: Tensor;
  readonly size: LayerSize;
  /** With new running statistics after training, else itself. */
  readonly block: Gated;
}

/**
 * A convolution or dense layer, with normalization and activation, behind a gate: its head predicts from the input which
 * filters will respond most, and the others are 0. Where a batch has several samples, each with its own mask, all filters
 * are computed; `packedGate` leaves them out for one sample. While training the predicted mask is used, too. The gate gives no
 * gradient to the head: that learns from `maskLoss` alone.
 */
export class Gated {
  readonly layer: Conv | Linear;
  readonly norm?: BatchNorm;
  readonly activation: ((x: Tensor) => Tensor) | undefined;
  readonly head: GateHead;
  readonly target: GateTarget;
  readonly mode: 'decoupled' | 'joint';

  /** @throws ShapeError when head and layer differ in channels; RangeError for a target out of range or an unknown mode */
  constructor(layer: Conv | Linear, head: GateHead, options: GatedOptions) {
    const { target, norm, mode = 'decoupled' } = options;
    requireTarget('Gated', target);
    if (mode !== 'decoupled' && mode !== 'joint')
      throw new RangeError(`Gated: mode must be decoupled or joint, got ${mode}`);
    const [inputs, outputs] = channelsOf(layer);
    if (head.weight.length(1) !== inputs || head.weight.length(0) !== outputs) {
      const got = formatShape(head.weight.shape);
      throw new ShapeError(`Gated: expected a head of weight [${outputs}, ${inputs}], got ${got}`);
    }
    if (norm && norm.scale.size !== outputs)
      throw new ShapeError(`Gated: normalization of ${norm.scale.size} channels after ${outputs} filters`);
    this.layer = layer;
    if (norm) this.norm = norm;
    this.activation = 'activation' in options ? options.activation : relu;
    this.head = head;
    this.target = target;
    this.mode = mode;
  }

  /**
   * Everything there is to know about a batch: `[n, inputs, h, w]` for a convolution, `[n, inputs]` for a dense layer.
   * @throws ShapeError when input or mask do not fit
   */
  pass(x: Tensor, { mask = 'predicted', training = false }: GateRun = {}): GatePass {
    const rank = this.layer instanceof Conv ? this.layer.weight.rank : 2;
    if ((rank !== 4 && rank !== 2) || x.rank !== rank) {
      const expected = rank === 2 ? '[n, inputs]' : '[n, inputs, h, w]';
      throw new ShapeError(`Gated: expected an input ${expected}, got ${formatShape(x.shape)}`);
    }
    const product = this.layer.call(x);
    const [normal, norm] = !this.norm
      ? [product, undefined]
      : training
        ? this.norm.train(product)
        : [this.norm.call(product), this.norm];
    const dense = this.activation ? this.activation(normal) : normal;
    const logits = this.head.call(this.mode === 'decoupled' ? stopGradient(x) : x);
    const target = targetMask(dense, this.target);
    const open = chosenMask(mask, { logits, target });
    return {
      output: dense.mul(open.reshape([...open.shape, ...dense.shape.slice(2).map(() => 1)])),
      logits,
      target,
      mask: open,
      peaks: stopGradient(peakActivations(dense)),
      size: layerSize(x, dense, this.layer.weight),
      block: norm && training ? changed(this, { norm }) : this,
    };
  }

  /** Evaluation, as the head predicts. @throws ShapeError as `pass` */
  call(x: Tensor): Tensor {
    return this.pass(x).output;
  }

  /** Training, as the head predicts: the output, and the block with new running statistics. @throws ShapeError as `pass` */
  train(x: Tensor): [output: Tensor, block: Gated] {
    const { output, block } = this.pass(x, { training: true });
    return [output, block];
  }

  /** The same block with another target. @throws RangeError for a target out of range */
  withTarget(target: GateTarget): Gated {
    requireTarget('Gated', target);
    return changed(this, { target });
  }
}

const changed = (block: Gated, fields: Partial<Gated>): Gated =>
  Object.assign(Object.create(Gated.prototype), block, fields);

/** Channels that a layer reads, and filters that it has. */
export function channelsOf(layer: Conv | Linear): [inputs: number, outputs: number] {
  const { weight } = layer;
  if (!(layer instanceof Conv)) return [weight.length(0), weight.length(1)];
  const groups = layer.outputsPerInput
    ? weight.length(0) / layer.outputsPerInput
    : (layer.options.groups ?? 1);
  return [weight.length(1) * groups, weight.length(0)];
}

function chosenMask(mask: GateMask, { logits, target }: { logits: Tensor; target: Tensor }): Tensor {
  if (mask === 'predicted') return stopGradient(predictedMask(logits));
  if (mask === 'target') return target;
  const all = zerosLike(logits).add(1);
  if (mask === 'open') return all;
  const [samples, channels] = [logits.length(0), logits.length(1)];
  const fits = mask.length(-1) === channels && (mask.rank === 1 || mask.length(0) === samples);
  if (mask.rank > 2 || !fits) {
    const expected = `[${channels}] or [${samples}, ${channels}]`;
    throw new ShapeError(`Gated: expected a mask ${expected}, got ${formatShape(mask.shape)}`);
  }
  return all.mul(mask);
}
