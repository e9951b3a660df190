import type { Tensor } from '@evenkeel/tensor';

/** A layer, or a function without parameters such as `relu`. */
export type Step = { call(x: Tensor): Tensor } | ((x: Tensor) => Tensor);

/** Layers and functions one after the other. */
export class Sequential {
  readonly steps: readonly Step[];

  constructor(...steps: Step[]) {
    this.steps = steps;
  }

  call(x: Tensor): Tensor {
    return this.steps.reduce(
      (input, step) => (typeof step === 'function' ? step(input) : step.call(input)),
      x,
    );
  }
}
