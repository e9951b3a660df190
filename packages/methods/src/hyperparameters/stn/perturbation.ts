import {
  broadcastTo,
  log,
  mul,
  normal,
  requireFloat,
  slice,
  softplus,
  type Tensor,
  tensor,
  where,
} from '@evenkeel/tensor';
import { constrainedValues, type Hyperparameters } from './hyperparameters.js';

/** What validation steps change: λ, and s, of which the perturbations have the scale σ = softplus(s). */
export interface TunedState {
  /** `[hyperparameters]`, unconstrained. */
  readonly lambda: Tensor;
  /** `[hyperparameters]`: s. */
  readonly rawScale: Tensor;
}

/** σ = softplus(s), the standard deviation of the perturbation of each hyperparameter. */
export const perturbationScale = (rawScale: Tensor): Tensor => softplus(rawScale);

const halfLogTwoPiE = 0.5 * Math.log(2 * Math.PI * Math.E);

/** H(σ) = Σᵢ log(σᵢ √(2πe)), the entropy of N(0, diag(σ²)), of s `[hyperparameters]` with σ = softplus(s): a scalar. */
export function perturbationEntropy(rawScale: Tensor): Tensor {
  requireFloat('perturbationEntropy', rawScale);
  return log(perturbationScale(rawScale)).add(halfLogTwoPiE).sum();
}

/** Hyperparameters as a step sees them. */
export interface PerturbedHyperparameters<Name extends string = string> {
  /** λ + ε, `[rows, hyperparameters]`: what best-response layers take. */
  readonly lambda: Tensor;
  /** r(λ + ε) by name: `[rows]`, or a scalar for those that are shared. */
  readonly values: Readonly<Record<Name, Tensor>>;
}

/** λ for every row, and its values. */
function rowsOf<Name extends string>(
  hyperparameters: Hyperparameters<Name>,
  lambda: Tensor,
): PerturbedHyperparameters<Name> {
  const values = constrainedValues(hyperparameters, lambda);
  for (const name of Object.keys(values) as Name[]) {
    if (hyperparameters[name].shared) values[name] = slice(values[name], [0], [1]).reshape([]);
  }
  return { lambda, values };
}

/**
 * λ + ε with ε = σ z, z from N(0, I): one draw for each row, and one for all rows where hyperparameters are shared. λ and s
 * get gradients through it.
 */
export function perturbHyperparameters<Name extends string>(
  key: Tensor,
  hyperparameters: Hyperparameters<Name>,
  { lambda, rawScale }: TunedState,
  rows: number,
): PerturbedHyperparameters<Name> {
  const { dtype, size } = lambda;
  const own = normal(key, [rows, size], { dtype });
  const shared = Object.values<Hyperparameters[string]>(hyperparameters).map((each) => each.shared === true);
  const noise = shared.includes(true) ? where(tensor(shared, 'bool'), slice(own, [0], [1]), own) : own;
  return rowsOf(hyperparameters, mul(noise, perturbationScale(rawScale)).add(lambda));
}

/** λ without perturbation for each row. */
export const unperturbed = <Name extends string>(
  hyperparameters: Hyperparameters<Name>,
  lambda: Tensor,
  rows: number,
): PerturbedHyperparameters<Name> => rowsOf(hyperparameters, broadcastTo(lambda, [rows, lambda.size]));
