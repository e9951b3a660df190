import { div, exp, mul, pad, slice, sqrt, square, sub, type Tensor } from '@evenkeel/tensor';
import type { BilevelProblem } from './problem.js';

/** Pictures `[n, 1, height, width]` with noise and without, of one float dtype. */
export interface NoisyPictures {
  readonly noisy: Tensor;
  readonly clean: Tensor;
}

/** What each pixel lies below its next one along an axis; 0 for the last. */
function differences(x: Tensor, axis: 2 | 3): Tensor {
  const at = (value: number | undefined) =>
    x.shape.slice(0, axis + 1).map((_, i) => (i === axis ? value : undefined));
  const steps = sub(slice(x, at(1)), slice(x, at(0), at(-1)));
  const none = x.shape.map(() => 0);
  return pad(
    steps,
    none,
    none.map((_, i) => (i === axis ? 1 : 0)),
  );
}

/** Σ √(|∇x|² + ν²) over pixels: total variation, smooth where |∇x| is below ν. A scalar for ν of shape []. */
export const smoothedTotalVariation = (x: Tensor, nu: Tensor): Tensor =>
  sqrt(
    square(differences(x, 2))
      .add(square(differences(x, 3)))
      .add(square(nu)),
  ).sum();

/** |D|² of the differences D is at most 8 on a grid, and 3 at a single pixel. */
const [ofDifferences, ofPixel] = [8, 3];
/** The largest third derivative of √(t² + 1), at t = 1/2. */
const thirdDerivative = 1.5 / 1.25 ** 2.5;

/**
 * Learns how strongly, and with what smoothing, total variation should remove noise: θ = [log w, log ν],
 * h = Σ ½ |x - noisy|² + w TV_ν(x) over the pictures and g the mean of ½ |x - clean|². μ = 1 and L = 1 + 8 w / ν; the
 * constants of the descent test are bounds: L_J ≤ 8 √2 w / ν and L_H⁻¹ ≤ L_H ≤ 8 √3 · 0.859 w / ν².
 */
export function denoisingProblem({ noisy, clean }: NoisyPictures): BilevelProblem<Tensor, Tensor> {
  const pictures = noisy.length(0);
  const parts = (theta: Tensor) => {
    const [weight, nu] = [0, 1].map((i) => exp(slice(theta, [i], [i + 1]).reshape([]))) as [Tensor, Tensor];
    return { weight, nu };
  };
  return {
    lower: {
      loss(x, theta) {
        const { weight, nu } = parts(theta);
        return mul(square(sub(x, noisy)).sum(), 0.5).add(mul(weight, smoothedTotalVariation(x, nu)));
      },
      strongConvexity: 1,
      smoothness(theta) {
        const { weight, nu } = parts(theta);
        return div(weight, nu).mul(ofDifferences).add(1);
      },
      mixedLipschitz(_, theta) {
        const { weight, nu } = parts(theta);
        return div(weight, nu).mul(ofDifferences * Math.SQRT2);
      },
      inverseHessianLipschitz(_, theta) {
        const { weight, nu } = parts(theta);
        return div(weight, square(nu)).mul(ofDifferences * Math.sqrt(ofPixel) * thirdDerivative);
      },
    },
    upper: {
      loss: (x) =>
        square(sub(x, clean))
          .sum()
          .div(2 * pictures),
      smoothness: 1 / pictures,
    },
  };
}
