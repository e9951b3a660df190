import { BatchNorm, Conv, Linear, relu, Sequential } from '@evenkeel/nn';
import { splitKey, type Tensor } from '@evenkeel/tensor';

/**
 * Convolutions of stride 2, each normalized and with ReLU, and a linear layer: digits `[n, 1, 28, 28]` → logits `[n, 10]`.
 * @param widths channels of the three convolutions
 */
export function stridedNetwork(key: Tensor, widths: readonly [number, number, number]): Sequential {
  const keys = splitKey(key, 4);
  const stages = widths.flatMap((outputs, i) => [
    new Conv(keys[i]!, widths[i - 1] ?? 1, outputs, [3, 3], { strides: 2, padding: 1, bias: false }),
    new BatchNorm(outputs),
    relu,
  ]);
  return new Sequential(
    ...stages,
    (x: Tensor) => x.reshape([x.length(0), x.size / x.length(0)]),
    new Linear(keys[3]!, widths[2] * 4 * 4, 10),
  );
}
