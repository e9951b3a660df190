import {
  type DType,
  formatShape,
  matMul,
  ShapeError,
  splitKey,
  type Tensor,
  uniform,
} from '@evenkeel/tensor';
import { fanInUniform, type Initializer } from '../initializers.js';

/** How a linear layer begins. */
export interface LinearOptions {
  /** True unless said. */
  readonly bias?: boolean;
  /** U(±1/√inputs) unless said, for the bias too. */
  readonly initializer?: Initializer;
  readonly dtype?: DType;
}

/** y = x W + b: `[…, inputs] → […, outputs]`. */
export class Linear {
  /** `[inputs, outputs]` */
  readonly weight: Tensor;
  /** `[outputs]` */
  readonly bias?: Tensor;

  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    { bias = true, initializer = fanInUniform, dtype = 'float32' }: LinearOptions = {},
  ) {
    const [weightKey, biasKey] = splitKey(key);
    this.weight = initializer(weightKey, [inputs, outputs], dtype);
    const bound = inputs ** -0.5;
    if (bias) this.bias = uniform(biasKey, [outputs], { low: -bound, high: bound, dtype });
  }

  /** @throws ShapeError when the last axis of `x` is not `inputs` long */
  call(x: Tensor): Tensor {
    if (x.rank === 0 || x.length(-1) !== this.weight.length(0)) {
      throw new ShapeError(
        `Linear: expected an input of shape [..., ${this.weight.length(0)}], got ${formatShape(x.shape)}`,
      );
    }
    const product = matMul(x, this.weight);
    return this.bias ? product.add(this.bias) : product;
  }
}
