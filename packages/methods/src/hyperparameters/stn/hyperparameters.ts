import {
  customGradient,
  div,
  expm1,
  floor,
  formatShape,
  log,
  neg,
  requireFloat,
  ShapeError,
  sigmoid,
  softplus,
  split,
  sub,
  type Tensor,
  tensor,
} from '@evenkeel/tensor';
import { known } from './checks.js';

// Self-Tuning Networks, arXiv 1903.03088: the hyperparameters λ, and the values r(λ) that regularizers use.

/** Between which values a hyperparameter lies, both excluded: `-Infinity` or `Infinity` where there is no bound. */
export type HyperparameterRange = readonly [low: number, high: number];

/** What makes a value of an unconstrained λ. */
export interface HyperparameterTransform {
  readonly range: HyperparameterRange;
  /** Whether only whole numbers are used: the floor of the value. False unless said. */
  readonly discrete?: boolean;
}

/** A hyperparameter that is tuned. */
export interface Hyperparameter extends HyperparameterTransform {
  /** The value that it begins with, inside its range, whole where it is discrete. */
  readonly initial: number;
  /** Whether it acts on a batch as a whole, as weight decay does, so that all samples get one perturbation. False unless said. */
  readonly shared?: boolean;
}

/** Hyperparameters by name; their order is that of the columns of λ. */
export type Hyperparameters<Name extends string = string> = Readonly<Record<Name, Hyperparameter>>;

const isLow = (bound: number) => bound === Number.NEGATIVE_INFINITY;
const isHigh = (bound: number) => bound === Number.POSITIVE_INFINITY;

/** @throws RangeError unless low < high, each a number or the infinity on its side */
function requireRange(name: string, [low, high]: HyperparameterRange): void {
  if (!(low < high) || isHigh(low) || isLow(high)) {
    throw new RangeError(`${name}: range: got (${low}, ${high}), expected two bounds, the lower one first`);
  }
}

/** The floor, which must not be differentiated: a derivative of zero would silently tune nothing. */
const wholeNumbers = customGradient(
  (value: Tensor) => floor(value),
  () => {
    throw new RangeError(
      'constrain: a discrete hyperparameter has no gradient: got one in a path that is differentiated by lambda, expected it in the training loss only',
    );
  },
);

/**
 * r(λ), elementwise, for λ of any shape: a + (b - a) σ(λ) for a range (a, b), a + softplus(λ) for (a, ∞), b - softplus(λ)
 * for (-∞, b), and λ where there are no bounds; the floor of that for discrete hyperparameters.
 * @throws DTypeError unless λ is float; RangeError for a range that is none, and when a discrete one is differentiated
 */
export function constrain(lambda: Tensor, { range, discrete = false }: HyperparameterTransform): Tensor {
  requireFloat('constrain', lambda);
  requireRange('constrain', range);
  const value = smooth(lambda, range);
  return discrete ? wholeNumbers(value) : value;
}

function smooth(lambda: Tensor, [low, high]: HyperparameterRange): Tensor {
  if (isLow(low)) return isHigh(high) ? lambda : sub(high, softplus(lambda));
  return isHigh(high)
    ? softplus(lambda).add(low)
    : sigmoid(lambda)
        .mul(high - low)
        .add(low);
}

/** s of σ = softplus(s), for σ > 0: σ + log(1 - exp(-σ)). */
export const inverseSoftplus = (value: Tensor): Tensor => log(neg(expm1(neg(value)))).add(value);

/**
 * λ of the values r(λ) before they are made whole, elementwise: the inverse of `constrain` without `discrete`.
 * @throws DTypeError unless values are float; RangeError for a range that is none, and for values on or outside it, where
 *   they are known
 */
export function unconstrain(values: Tensor, range: HyperparameterRange): Tensor {
  requireFloat('unconstrain', values);
  requireRange('unconstrain', range);
  const [low, high] = range;
  const outside = known(values).find((value) => !(value > low && value < high));
  if (outside !== undefined) {
    throw new RangeError(`unconstrain: got ${outside}, expected a value inside (${low}, ${high})`);
  }
  if (isLow(low)) return isHigh(high) ? values : inverseSoftplus(sub(high, values));
  return isHigh(high) ? inverseSoftplus(values.sub(low)) : log(div(values.sub(low), sub(high, values)));
}

/** @throws RangeError for no hyperparameters, ranges that are none, and initial values that cannot be */
export function requireHyperparameters(name: string, hyperparameters: Hyperparameters): void {
  const entries = Object.entries(hyperparameters);
  if (entries.length === 0) throw new RangeError(`${name}: hyperparameters: got none, expected at least one`);
  for (const [key, { range, initial, discrete = false }] of entries) {
    requireRange(`${name}: ${key}`, range);
    if (!(initial > range[0] && initial < range[1])) {
      throw new RangeError(
        `${name}: ${key}: initial: got ${initial}, expected a value inside (${range[0]}, ${range[1]})`,
      );
    }
    if (discrete && !Number.isInteger(initial)) {
      throw new RangeError(`${name}: ${key}: initial: got ${initial}, expected a whole number`);
    }
  }
}

/**
 * λ of the initial values, `[hyperparameters]`. A discrete one begins in the middle of the step that its floor makes, where
 * rounding cannot take it to the number below.
 * @throws RangeError for no hyperparameters, ranges that are none, and initial values on or outside their range, or not
 *   whole where they should be
 */
export async function initialLambda(
  hyperparameters: Hyperparameters,
  dtype: 'float32' | 'float64' = 'float32',
): Promise<Tensor> {
  requireHyperparameters('initialLambda', hyperparameters);
  const each = Object.values(hyperparameters).map(({ range, initial, discrete }) => {
    const start = discrete ? (initial + Math.min(initial + 1, range[1])) / 2 : initial;
    return unconstrain(tensor(start, 'float64'), range).item();
  });
  return tensor(await Promise.all(each), dtype);
}

/**
 * The values r(λ) by name: λ `[…, hyperparameters]` → one tensor `[…]` for each.
 * @throws ShapeError for another number of hyperparameters than columns; DTypeError unless λ is float
 */
export function constrainedValues<Name extends string>(
  hyperparameters: Hyperparameters<Name>,
  lambda: Tensor,
): Record<Name, Tensor> {
  const transforms = Object.entries<Hyperparameter>(hyperparameters);
  requireFloat('constrainedValues', lambda);
  if (lambda.rank === 0 || lambda.length(-1) !== transforms.length) {
    throw new ShapeError(
      `constrainedValues: lambda: got ${formatShape(lambda.shape)}, expected [..., ${transforms.length}]`,
    );
  }
  const columns = split(lambda, transforms.length, -1);
  return Object.fromEntries(
    transforms.map(([name, transform], i) => [
      name,
      constrain(columns[i]!.reshape(lambda.shape.slice(0, -1)), transform),
    ]),
  ) as Record<Name, Tensor>;
}
