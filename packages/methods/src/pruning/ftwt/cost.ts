import { formatShape, ShapeError, type Tensor } from '@evenkeel/tensor';

/** Sizes that say how much work a layer is. */
export interface LayerSize {
  /** Channels that it reads. */
  readonly inputs: number;
  /** Filters that it has. */
  readonly outputs: number;
  /** Places of its output, h' · w'; 1 for a dense layer. */
  readonly positions: number;
  /** Places of its kernel, rows · columns; 1 for a dense layer. */
  readonly kernel: number;
  /** Groups of its channels. */
  readonly groups: number;
}

/** The sizes of a convolution `[outputs, inputs / groups, …kernel]` or a dense layer `[inputs, outputs]`, from what it makes. */
export function layerSize(input: Tensor, output: Tensor, weight: Tensor): LayerSize {
  const isDense = input.rank === 2;
  const product = (lengths: readonly number[]) => lengths.reduce((a, b) => a * b, 1);
  return {
    inputs: input.length(1),
    outputs: output.length(1),
    positions: product(output.shape.slice(2)),
    kernel: isDense ? 1 : product(weight.shape.slice(2)),
    groups: isDense ? 1 : input.length(1) / weight.length(1),
  };
}

/**
 * Multiply-adds of a layer in which only some channels are read and only some filters computed: active · positions ·
 * (active inputs / groups) · kernel. In a layer of groups it is taken that active channels are spread evenly over them.
 * Normalization, biases and heads are not counted.
 * @param activeInputs number of channels that are not dropped, `[n]`
 * @param activeOutputs number of filters that are computed, `[n]`
 * @throws ShapeError unless both are vectors of one length
 */
export function layerMultiplyAdds(
  { positions, kernel, groups }: LayerSize,
  activeInputs: Tensor,
  activeOutputs: Tensor,
): Tensor {
  if (activeInputs.rank !== 1 || activeOutputs.rank !== 1 || activeInputs.size !== activeOutputs.size) {
    const shapes = `${formatShape(activeInputs.shape)} and ${formatShape(activeOutputs.shape)}`;
    throw new ShapeError(`layerMultiplyAdds: expected counts [n] of inputs and outputs, got ${shapes}`);
  }
  return activeOutputs.mul(activeInputs).mul((positions * kernel) / groups);
}

/** Multiply-adds of the layer with everything in it, for one sample. */
export const denseMultiplyAdds = ({ inputs, outputs, positions, kernel, groups }: LayerSize): number =>
  (outputs * positions * inputs * kernel) / groups;
