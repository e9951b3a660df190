import { type Columns, columns, type HostArray } from '../dataset.js';
import { randomSource } from '../random.js';
import { drawn, float64, product } from './arrays.js';
import { requireNotNegative, requireWhole } from './options.js';

export interface BilevelQuadraticOptions {
  readonly seed: number;
  /** Of each matrix; 200 unless said. */
  readonly rows?: number;
  /** Numbers that the lower problem finds; 10 unless said. */
  readonly unknowns?: number;
  /** Numbers that the upper problem finds; 10 unless said. */
  readonly hyperparameters?: number;
  /** Standard deviation of the noise on both right-hand sides; 0.01 unless said. */
  readonly noise?: number;
}

/** Two least-squares problems, one inside the other; all float64. */
export type BilevelQuadratic = {
  /** `[rows, unknowns]`: A1 of the upper problem. */
  readonly a1: HostArray;
  /** `[rows, unknowns]`: A2 of the lower problem. */
  readonly a2: HostArray;
  /** `[rows, hyperparameters]`: A3 of the lower problem. */
  readonly a3: HostArray;
  /** `[rows]`. */
  readonly b1: HostArray;
  /** `[rows]`. */
  readonly b2: HostArray;
};

/**
 * The quadratic bilevel problem (arXiv 2308.10098, section 4.1): minimize ½ |A1 x̂(θ) - b1|² over θ, where x̂(θ)
 * minimizes ½ |A2 x + A3 θ - b2|² over x. Entries of A1, A2, A3, x1, x2 and θe are uniform in [0, 1);
 * b1 = A1 x1 + noise · n and b2 = A2 x2 + A3 θe + noise · n.
 * @throws RangeError for counts that are not whole and positive and a negative noise
 */
export function bilevelQuadratic({
  seed,
  rows = 200,
  unknowns = 10,
  hyperparameters = 10,
  noise = 0.01,
}: BilevelQuadraticOptions): Columns<BilevelQuadratic> {
  requireWhole('bilevelQuadratic', { rows, unknowns, hyperparameters });
  requireNotNegative('bilevelQuadratic', { noise });
  const random = randomSource(seed);
  const evenly = (...shape: number[]) => drawn(random.uniform, ...shape);
  const [a1, a2, a3] = [evenly(rows, unknowns), evenly(rows, unknowns), evenly(rows, hyperparameters)];
  const [x1, x2, theta] = [evenly(unknowns), evenly(unknowns), evenly(hyperparameters)];
  const offsets = product(a3, theta, 1);
  const b1 = product(a1, x1, 1).map((value) => value + noise * random.normal());
  const b2 = product(a2, x2, 1).map((value, i) => value + offsets[i]! + noise * random.normal());
  return columns({
    a1: float64(a1, [rows, unknowns]),
    a2: float64(a2, [rows, unknowns]),
    a3: float64(a3, [rows, hyperparameters]),
    b1: float64(b1, [rows]),
    b2: float64(b2, [rows]),
  });
}
