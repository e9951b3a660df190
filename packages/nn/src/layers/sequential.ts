import type { Tensor } from '@evenkeel/tensor';

/**
 * A layer, or a function without parameters such as `relu`. A layer with state has `train`, which returns, beside the
 * output, the layer with its new state.
 */
export type Step =
  | { call(x: Tensor): Tensor; train?(x: Tensor): readonly [output: Tensor, layer: Step] }
  | ((x: Tensor) => Tensor);

/** Layers and functions one after the other. */
export class Sequential {
  readonly steps: readonly Step[];

  constructor(...steps: Step[]) {
    this.steps = steps;
  }

  /** Training: the output, and the layers with their new state. Layers without `train` are called. */
  train(x: Tensor): [output: Tensor, layers: Sequential] {
    let output = x;
    const steps = this.steps.map((step) => {
      const [next, changed] =
        typeof step !== 'function' && step.train ? step.train(output) : [apply(step, output), step];
      output = next;
      return changed;
    });
    return [output, new Sequential(...steps)];
  }

  /** Evaluation: layers with state use it as it is. */
  call(x: Tensor): Tensor {
    return this.steps.reduce((input, step) => apply(step, input), x);
  }
}

const apply = (step: Step, x: Tensor): Tensor => (typeof step === 'function' ? step(x) : step.call(x));
