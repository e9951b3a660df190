import { Conv, Linear, ResidualBlock, type Step } from '@evenkeel/nn';
import { ones, type Tensor } from '@evenkeel/tensor';
import { denseMultiplyAdds, type LayerSize, layerMultiplyAdds, layerSize } from './cost.js';
import { Gated, type GateMask, type GatePass, type GateRun } from './gated.js';
import { GatedResidual } from './residual.js';
import type { GateTarget } from './target.js';

/** One way for all gates, or a mask for each. */
export type GateMasks = Exclude<GateMask, Tensor> | readonly GateMask[];

/** What came of a network with gates. */
export interface NetworkPass {
  readonly output: Tensor;
  /** In the order of the layers. */
  readonly gates: readonly GatePass[];
  /** Of each sample, `[n]`: what its convolutions and dense layers take where dropped filters are left out. */
  readonly multiplyAdds: Tensor;
  /** Of a sample, with nothing left out. */
  readonly denseMultiplyAdds: number;
  /** With new running statistics after training. */
  readonly network: GatedNetwork;
}

/** Layers and functions one after the other, some behind gates. `gateNetwork` makes it of a trained network. */
export class GatedNetwork {
  readonly steps: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.steps = steps;
  }

  /**
   * Output, gates and work of a batch. A dropped filter is taken to save the work of the next layer as well, through functions
   * such as pooling and flattening that leave channels apart. Behind a residual addition, and behind layers without a gate, all
   * channels count. Work is that of convolutions, dense layers and residual blocks, with a gate or without; other layers do
   * not count.
   * @throws RangeError unless there is a mask for each gate; ShapeError when input or masks do not fit
   */
  pass(x: Tensor, { mask = 'predicted', training = false }: GateRun<GateMasks> = {}): NetworkPass {
    const run = new Run(x, this.steps, mask, training);
    const steps = this.steps.map((step) => run.step(step));
    return {
      output: run.output,
      gates: run.gates,
      multiplyAdds: run.multiplyAdds,
      denseMultiplyAdds: run.dense,
      network: new GatedNetwork(steps),
    };
  }

  /** Evaluation, as the heads predict. @throws ShapeError as `pass` */
  call(x: Tensor): Tensor {
    return this.pass(x).output;
  }

  /** Training, as the heads predict: the output, and the network with new running statistics. @throws ShapeError as `pass` */
  train(x: Tensor): [output: Tensor, network: GatedNetwork] {
    const { output, network } = this.pass(x, { training: true });
    return [output, network];
  }

  /** The same network with another target for all gates, such as `{ type: 'mass', r: -1 }` to warm heads up. */
  withTarget(target: GateTarget): GatedNetwork {
    return new GatedNetwork(
      this.steps.map((step) => {
        if (step instanceof Gated) return step.withTarget(target);
        if (!(step instanceof GatedResidual)) return step;
        return new GatedResidual(step, step.first.withTarget(target), step.second.withTarget(target));
      }),
    );
  }
}

/** Number of gates in a list of steps. */
export const gatesIn = (steps: readonly Step[]): number =>
  steps.reduce((n, step) => n + (step instanceof Gated ? 1 : step instanceof GatedResidual ? 2 : 0), 0);

/** A batch on its way through the steps. */
class Run {
  output: Tensor;
  multiplyAdds: Tensor;
  dense = 0;
  readonly gates: GatePass[] = [];
  readonly #masks: readonly GateMask[];
  readonly #training: boolean;
  readonly #all: Tensor;
  /** Share of the channels of `output` that are not dropped, `[n]`. */
  #share: Tensor;

  constructor(x: Tensor, steps: readonly Step[], mask: GateMasks, training: boolean) {
    const count = gatesIn(steps);
    this.#masks = typeof mask === 'string' ? Array.from({ length: count }, () => mask) : mask;
    if (this.#masks.length !== count)
      throw new RangeError(`GatedNetwork: got ${this.#masks.length} masks for ${count} gates`);
    this.#training = training;
    this.#all = ones([x.length(0)], x.dtype);
    this.#share = this.#all;
    this.output = x;
    this.multiplyAdds = this.#all.mul(0);
  }

  /** Takes a step, and returns it with its new state. */
  step(step: Step): Step {
    if (step instanceof Gated) {
      const pass = step.pass(this.output, { mask: this.#nextMask(), training: this.#training });
      this.#count(pass);
      this.output = pass.output;
      return pass.block;
    }
    if (step instanceof GatedResidual) {
      const mask = [this.#nextMask(0), this.#nextMask(1)] as const;
      const pass = step.pass(this.output, { mask, training: this.#training });
      if (pass.shortcut) this.#add(pass.shortcut, this.#all);
      for (const gate of pass.gates) this.#count(gate);
      this.#share = this.#all;
      this.output = pass.output;
      return pass.block;
    }
    return this.#plain(step);
  }

  #plain(step: Step): Step {
    const input = this.output;
    if (typeof step === 'function') {
      this.output = step(input);
      return step;
    }
    const [output, changed] = this.#training && step.train ? step.train(input) : [step.call(input), step];
    this.output = output;
    if (step instanceof Conv || step instanceof Linear)
      this.#add(layerSize(input, output, step.weight), this.#all);
    if (step instanceof ResidualBlock) {
      const { shortcut, first, second } = step;
      if (shortcut) this.#add(layerSize(input, output, shortcut.weight), this.#all);
      this.#add(layerSize(input, output, first.weight), this.#all);
      this.#share = this.#all;
      this.#add(layerSize(output, output, second.weight), this.#all);
    }
    this.#share = this.#all;
    return changed;
  }

  #nextMask(ahead = 0): GateMask {
    return this.#masks[this.gates.length + ahead]!;
  }

  #count(gate: GatePass): void {
    const active = gate.mask.mean({ axis: 1 });
    this.#add(gate.size, active);
    this.#share = active;
    this.gates.push(gate);
  }

  #add(size: LayerSize, share: Tensor): void {
    const [inputs, outputs] = [this.#share.mul(size.inputs), share.mul(size.outputs)];
    this.multiplyAdds = this.multiplyAdds.add(layerMultiplyAdds(size, inputs, outputs));
    this.dense += denseMultiplyAdds(size);
  }
}
