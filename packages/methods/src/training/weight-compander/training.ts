import { type GradientTransform, type Reparameterized, stateless } from '@evenkeel/nn';
import { add, flatten, leavesLike, mul, square, type Tensor, withLeaves } from '@evenkeel/tensor';

const shapePath = /\.shape\.log[AB]$/;

/**
 * Slows the training of learned a and b (see `weightCompander`): multiplies their updates by a factor, 1e-4 unless said.
 * Put it last: `chain(sgd({ … }), slowShape())`; weight decay of them is slowed with the rest.
 * @throws RangeError for a factor that is not positive and finite; when it is used, for a model without learned a and b
 */
export function slowShape(factor = 1e-4): GradientTransform<readonly []> {
  if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`slowShape: factor must be positive and finite, got ${factor}`);
  }
  return stateless((updates, params) => {
    const { paths } = flatten(params);
    if (!paths.some((path) => shapePath.test(path))) {
      throw new RangeError(`slowShape: the model has no learned a and b; there are ${paths.join(', ')}`);
    }
    const given = leavesLike(params, updates);
    const slowed = given.map((update, i) => (shapePath.test(paths[i]!) ? mul(update, factor) : update));
    return withLeaves(params, slowed);
  });
}

/** What `companderPenalty` weighs. */
export interface CompanderPenaltyOptions {
  /** `v`, unless said: the free parameters, as weight decay does in an optimizer; `w`: the weights that layers use. */
  readonly target?: 'v' | 'w';
}

/**
 * Weight decay of companded weights as a penalty: strength / 2 · Σ v², or Σ w², over all weights of the model that have a
 * free parameter `v`. Add it to the loss.
 * @throws RangeError for a negative strength, an unknown target, and a model without companded weights
 */
export function companderPenalty<Model>(
  model: Reparameterized<Model>,
  strength: number,
  { target = 'v' }: CompanderPenaltyOptions = {},
): Tensor {
  if (!(strength >= 0 && strength < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`companderPenalty: strength must be in [0, Infinity), got ${strength}`);
  }
  if (target !== 'v' && target !== 'w') {
    throw new RangeError(`companderPenalty: target must be v or w, got ${target}`);
  }
  const weights = model.weights();
  const parameters = Object.entries(model.free).flatMap(([path, free]) => {
    const { v } = free as { readonly v?: Tensor };
    return v ? [target === 'v' ? v : weights[path]!] : [];
  });
  if (parameters.length === 0) throw new RangeError('companderPenalty: the model has no companded weights');
  return mul(parameters.map((each) => square(each).sum()).reduce(add), strength / 2);
}
