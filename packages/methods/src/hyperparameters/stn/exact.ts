import {
  div,
  formatShape,
  greater,
  log,
  matMul,
  mul,
  requireFloat,
  ShapeError,
  sigmoid,
  svd,
  type Tensor,
  where,
} from '@evenkeel/tensor';
import { known } from './checks.js';

/** How the weights of linear regression respond to the strength of their penalty. */
export interface ExactBestResponse {
  /** dᵢ of the inputs, largest first, `[min(samples, features)]`. */
  readonly singularValues: Tensor;
  /** w₀, `[features]`: without penalty, and the shortest of those where there are several. */
  readonly unregularized: Tensor;
  /** σ(2 log dᵢ - λ), which is dᵢ² / (dᵢ² + e^λ): `[…, min(samples, features)]` for λ `[…]`. */
  gate(lambda: Tensor): Tensor;
  /** w(λ) = V diag(gate) Vᵀ w₀ = (XᵀX + e^λ I)⁻¹ Xᵀ y: `[…, features]` for λ `[…]`. */
  weights(lambda: Tensor): Tensor;
}

/**
 * The exact best response of ridge regression, w(λ) = argmin ½ |X w - y|² + ½ e^λ |w|²: the unregularized weights with a
 * gate for each direction of the data. Best-response layers imitate that form in a basis that they learn.
 * @param inputs X, `[samples, features]`
 * @param targets y, `[samples]`
 * @throws ShapeError for other shapes; DTypeError unless both are float; RangeError for what is not finite, where it is known
 */
export function exactBestResponse(inputs: Tensor, targets: Tensor): ExactBestResponse {
  for (const each of [inputs, targets]) requireFloat('exactBestResponse', each);
  if (inputs.rank !== 2 || inputs.size === 0 || targets.rank !== 1 || targets.size !== inputs.length(0)) {
    throw new ShapeError(
      `exactBestResponse: got ${formatShape(inputs.shape)} and ${formatShape(targets.shape)}, expected [samples, features] and [samples]`,
    );
  }
  const wrong = [...known(inputs), ...known(targets)].find((each) => !Number.isFinite(each));
  if (wrong !== undefined) throw new RangeError(`exactBestResponse: got ${wrong}, expected finite numbers`);
  const { u, values, v } = svd(inputs);
  const tolerance = Math.max(...inputs.shape) * (inputs.dtype === 'float64' ? 2 ** -52 : 2 ** -23);
  const counts = greater(values, mul(values.max(), tolerance));
  const inverses = where(counts, div(1, where(counts, values, 1)), 0);
  // Vᵀ w₀: the weights along the directions of the data.
  const along = mul(inverses, matMul(u.transpose(), targets.reshape([-1, 1])).reshape([-1]));
  const combine = (coefficients: Tensor) =>
    mul(v, coefficients.reshape([...coefficients.shape.slice(0, -1), 1, -1])).sum({ axis: -1 });
  const gate = (lambda: Tensor) =>
    sigmoid(
      log(values)
        .mul(2)
        .sub(lambda.reshape([...lambda.shape, 1])),
    );
  return {
    singularValues: values,
    unregularized: combine(along),
    gate,
    weights: (lambda) => combine(mul(gate(lambda), along)),
  };
}
