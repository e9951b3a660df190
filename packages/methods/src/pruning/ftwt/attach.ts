import {
  BatchNorm,
  Conv,
  frozen,
  type GradientTransform,
  Linear,
  partition,
  ResidualBlock,
  relu,
  type Sequential,
  type Step,
  sgd,
} from '@evenkeel/nn';
import { foldIn, type Tensor } from '@evenkeel/tensor';
import { channelsOf, Gated, type GatedOptions } from './gated.js';
import { GateHead, type GateHeadOptions } from './head.js';
import { GatedNetwork } from './network.js';
import { GatedResidual } from './residual.js';
import { type GateTarget, requireTarget } from './target.js';

/** How a network gets its gates. */
export interface GateNetworkOptions
  extends Pick<GateHeadOptions, 'pool' | 'softmax'>,
    Pick<GatedOptions, 'mode'> {
  /** Of all gates, or of each, numbered from 0. */
  readonly target: GateTarget | ((gate: number) => GateTarget);
  /** Whether the first layer that could have a gate gets one; true unless said. */
  readonly first?: boolean;
  /** Told of heads that cannot depend on the sample. */
  readonly onWarning?: (message: string) => void;
}

/**
 * A trained network with a gate behind every convolution or dense layer that is followed by ReLU, with or without batch
 * normalization between, and behind both convolutions of residual blocks. Everything else stays as it is. Weights are the network's
 * own; heads begin at random.
 * @throws RangeError for options out of range, and for a network without such layers
 */
export function gateNetwork(key: Tensor, network: Sequential, options: GateNetworkOptions): GatedNetwork {
  if (typeof options.target !== 'function') requireTarget('gateNetwork', options.target);
  const builder = new Builder(key, options);
  const steps = builder.steps(network.steps);
  if (builder.gates === 0)
    throw new RangeError('gateNetwork: found no layer followed by relu, and no residual block, to gate');
  return new GatedNetwork(steps);
}

class Builder {
  gates = 0;
  #candidates = 0;
  readonly #key: Tensor;
  readonly #options: GateNetworkOptions;

  constructor(key: Tensor, options: GateNetworkOptions) {
    this.#key = key;
    this.#options = options;
  }

  steps(given: readonly Step[]): Step[] {
    const steps: Step[] = [];
    for (let i = 0; i < given.length; i++) {
      const [step, next, afterNext] = given.slice(i, i + 3) as [Step, Step?, Step?];
      const norm = next instanceof BatchNorm ? next : undefined;
      const isBlock = (step instanceof Conv || step instanceof Linear) && (norm ? afterNext : next) === relu;
      if (step instanceof ResidualBlock && this.#wanted()) steps.push(this.#residual(step));
      else if (isBlock && this.#wanted()) {
        steps.push(this.#gated(step, { norm, activation: relu }));
        i += norm ? 2 : 1;
      } else steps.push(step);
    }
    return steps;
  }

  #wanted(): boolean {
    return this.#candidates++ > 0 || (this.#options.first ?? true);
  }

  #residual(block: ResidualBlock): GatedResidual {
    const first = this.#gated(block.first, { norm: block.firstNorm, activation: relu });
    return new GatedResidual(
      block,
      first,
      this.#gated(block.second, { norm: block.secondNorm, activation: undefined }),
    );
  }

  #gated(
    layer: Conv | Linear,
    { norm, activation }: { norm: BatchNorm | undefined; activation: typeof relu | undefined },
  ): Gated {
    const { target, mode = 'decoupled', onWarning, ...head } = this.#options;
    const [inputs, outputs] = channelsOf(layer);
    if (inputs === 1 && (head.softmax ?? true))
      onWarning?.(
        `gateNetwork: gate ${this.gates} reads one channel, whose softmax is 1: its mask will be the same for all samples`,
      );
    const own = typeof target === 'function' ? target(this.gates) : target;
    const key = foldIn(this.#key, this.gates++);
    const { dtype } = layer.weight;
    return new Gated(layer, new GateHead(key, inputs, outputs, { ...head, dtype }), {
      target: own,
      mode,
      activation,
      ...(norm && { norm }),
    });
  }
}

/** Optimizers of a network with gates. */
export interface GateOptimizers {
  /** Of everything but the heads; `frozen` unless said, which leaves the trained network as it is. */
  readonly backbone?: GradientTransform;
  /** SGD with learning rate 0.1, momentum 0.9 and no weight decay unless said; `frozen` for the second half of training. */
  readonly heads?: GradientTransform;
}

/**
 * The two optimizers of the paper as one transform, by the paths of parameters: those below `head` are the heads'. It fits a
 * model that is a `GatedNetwork` or has `Gated` layers anywhere. With a frozen backbone its gradients are not computed.
 */
export const gateOptimizer = ({
  backbone = frozen,
  heads = sgd({ learningRate: 0.1, momentum: 0.9 }),
}: GateOptimizers = {}): GradientTransform => partition([/(^|\.)head\./, heads], [/./, backbone]);
