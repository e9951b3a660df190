import { type BatchNorm, type Conv, type ResidualBlock, relu } from '@evenkeel/nn';
import type { Tensor } from '@evenkeel/tensor';
import { type LayerSize, layerSize } from './cost.js';
import type { Gated, GateMask, GatePass, GateRun } from './gated.js';

/** What came of a residual block: both gates, and what its shortcut has to compute. */
export interface ResidualPass {
  readonly output: Tensor;
  readonly gates: readonly [GatePass, GatePass];
  readonly shortcut?: LayerSize;
  readonly block: GatedResidual;
}

/**
 * `ResidualBlock` with both of its convolutions behind gates. The second is masked before the addition, where there is no
 * activation yet, so that its target goes by |O|.
 */
export class GatedResidual {
  readonly first: Gated;
  readonly second: Gated;
  readonly shortcut?: Conv;
  readonly shortcutNorm?: BatchNorm;

  /**
   * @param first the block's first convolution with its normalization, and ReLU
   * @param second its second one with its normalization, without an activation
   */
  constructor(
    { shortcut, shortcutNorm }: Pick<ResidualBlock, 'shortcut' | 'shortcutNorm'>,
    first: Gated,
    second: Gated,
  ) {
    this.first = first;
    this.second = second;
    if (shortcut) this.shortcut = shortcut;
    if (shortcutNorm) this.shortcutNorm = shortcutNorm;
  }

  /** @throws ShapeError when input or masks do not fit */
  pass(
    x: Tensor,
    { mask = ['predicted', 'predicted'], training = false }: GateRun<readonly [GateMask, GateMask]> = {},
  ): ResidualPass {
    const inner = this.first.pass(x, { mask: mask[0], training });
    const outer = this.second.pass(inner.output, { mask: mask[1], training });
    const changed = { first: inner.block, second: outer.block };
    const gates = [inner, outer] as const;
    if (!this.shortcut || !this.shortcutNorm)
      return { output: relu(outer.output.add(x)), gates, block: withFields(this, changed) };
    const product = this.shortcut.call(x);
    const [direct, shortcutNorm] = training
      ? this.shortcutNorm.train(product)
      : [this.shortcutNorm.call(product), this.shortcutNorm];
    return {
      output: relu(outer.output.add(direct)),
      gates,
      shortcut: layerSize(x, product, this.shortcut.weight),
      block: withFields(this, { ...changed, shortcutNorm }),
    };
  }

  /** What the addition takes from the input, in evaluation: the input itself, or its normalized 1 × 1 convolution. */
  direct(x: Tensor): Tensor {
    return this.shortcut && this.shortcutNorm ? this.shortcutNorm.call(this.shortcut.call(x)) : x;
  }

  /** Evaluation, as the heads predict. @throws ShapeError as `pass` */
  call(x: Tensor): Tensor {
    return this.pass(x).output;
  }

  /** Training, as the heads predict. @throws ShapeError as `pass` */
  train(x: Tensor): [output: Tensor, block: GatedResidual] {
    const { output, block } = this.pass(x, { training: true });
    return [output, block];
  }
}

const withFields = (block: GatedResidual, fields: Partial<GatedResidual>): GatedResidual =>
  Object.assign(Object.create(GatedResidual.prototype), block, fields);
