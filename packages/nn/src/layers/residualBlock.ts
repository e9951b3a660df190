import { type DType, relu, splitKey, type Tensor } from '@evenkeel/tensor';
import { heNormal } from '../initializers.js';
import { Conv } from './conv.js';
import { BatchNorm } from './norm.js';

export interface ResidualBlockOptions {
  /** Step of the first convolution, and of the shortcut. 1 unless said. */
  readonly stride?: number;
  readonly dtype?: DType;
}

/**
 * Two convolutions of 3 × 3 with batch normalization, added to their input: `[n, inputs, h, w] → [n, outputs, ⌈h /
 * stride⌉, ⌈w / stride⌉]`. Where input and output differ in shape, the shortcut is a normalized convolution of 1 × 1.
 */
export class ResidualBlock {
  readonly first: Conv;
  readonly firstNorm: BatchNorm;
  readonly second: Conv;
  readonly secondNorm: BatchNorm;
  readonly shortcut?: Conv;
  readonly shortcutNorm?: BatchNorm;

  constructor(
    key: Tensor,
    inputs: number,
    outputs: number,
    { stride = 1, dtype = 'float32' }: ResidualBlockOptions = {},
  ) {
    const [firstKey, secondKey, shortcutKey] = splitKey(key, 3);
    const options = { bias: false, initializer: heNormal, dtype };
    this.first = new Conv(firstKey, inputs, outputs, [3, 3], { ...options, padding: 1, strides: stride });
    this.firstNorm = new BatchNorm(outputs, { dtype });
    this.second = new Conv(secondKey, outputs, outputs, [3, 3], { ...options, padding: 1 });
    this.secondNorm = new BatchNorm(outputs, { dtype });
    if (stride !== 1 || inputs !== outputs) {
      this.shortcut = new Conv(shortcutKey, inputs, outputs, [1, 1], { ...options, strides: stride });
      this.shortcutNorm = new BatchNorm(outputs, { dtype });
    }
  }

  /** Training: the output, and the block with new running statistics. */
  train(x: Tensor): [output: Tensor, block: ResidualBlock] {
    const [inner, firstNorm] = this.firstNorm.train(this.first.call(x));
    const [outer, secondNorm] = this.secondNorm.train(this.second.call(relu(inner)));
    const changed = Object.assign(Object.create(ResidualBlock.prototype), this, { firstNorm, secondNorm });
    if (!this.shortcut || !this.shortcutNorm) return [relu(outer.add(x)), changed];
    const [direct, shortcutNorm] = this.shortcutNorm.train(this.shortcut.call(x));
    return [relu(outer.add(direct)), Object.assign(changed, { shortcutNorm })];
  }

  /** Evaluation, by the running statistics. */
  call(x: Tensor): Tensor {
    const inner = relu(this.firstNorm.call(this.first.call(x)));
    const outer = this.secondNorm.call(this.second.call(inner));
    const direct = this.shortcut && this.shortcutNorm ? this.shortcutNorm.call(this.shortcut.call(x)) : x;
    return relu(outer.add(direct));
  }
}
