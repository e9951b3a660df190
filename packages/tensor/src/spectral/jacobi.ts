import { scan } from '../control/scan.js';
import { whileLoop } from '../control/whileLoop.js';
import type { Tensor } from '../graph/tensor.js';
import { sum } from '../ops/broadcast.js';
import { abs, add, div, greater, less, maximum, mul, sqrt, sub, where } from '../ops/elementwise.js';
import { ones, zeros } from '../ops/fill.js';
import { block } from '../ops/linalg/matrix.js';
import { concat } from '../ops/movement.js';
import { max } from '../ops/reduce.js';

// Jacobi's method with all rotations of a round at once: row i of the upper half is paired with row i of the lower half,
// and between rounds the rows change places like players of a tournament, so that in one sweep everyone meets everyone.

/** The upper and the lower half of the rows. */
export type Halves = readonly [upper: Tensor, lower: Tensor];

export function halves(rows: Tensor): Halves {
  const half = rows.length(-2) / 2;
  return [block(rows, [0, 0], [half, undefined]), block(rows, [half, 0], [undefined, undefined])];
}

/** Cosine and sine of each pair's rotation, [..., pairs, 1]. */
export interface Rotations {
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** Below any number that rotations divide by. */
const tiny = 1e-30;

/** The smaller rotation that makes the matrices [[first, between], [between, second]] diagonal. */
export function rotationsFor(first: Tensor, second: Tensor, between: Tensor): Rotations {
  const difference = sub(second, first);
  const twice = mul(between, 2);
  const longest = add(abs(difference), sqrt(add(mul(difference, difference), mul(twice, twice))));
  const tangent = div(where(less(difference, 0), mul(twice, -1), twice), maximum(longest, tiny));
  const cosine = div(1, sqrt(add(mul(tangent, tangent), 1)));
  return { cosine, sine: mul(tangent, cosine) };
}

/** Rotates paired rows, and lets them change places for the next round. */
export function playRound([upper, lower]: Halves, { cosine, sine }: Rotations): Tensor {
  const [above, below] = [
    sub(mul(cosine, upper), mul(sine, lower)),
    add(mul(sine, upper), mul(cosine, lower)),
  ];
  const pairs = above.length(-2);
  if (pairs === 1) return concat([above, below], -2);
  const rows = (half: Tensor, start: number, end: number) => block(half, [start, 0], [end, undefined]);
  const places = [
    rows(above, 0, 1),
    rows(below, 0, 1),
    rows(above, 1, pairs - 1),
    rows(below, 1, pairs),
    rows(above, pairs - 1, pairs),
  ];
  return concat(places, -2);
}

/** What a round leaves, and the largest share that it found beside the diagonal, a scalar. */
export interface Round {
  readonly rows: Tensor;
  readonly rest: Tensor;
}

/** More than any matrix has been seen to need; a few sweeps are usual, about ten for hundreds of rows. */
const mostSweeps = 30;

/**
 * Plays sweeps until one has found hardly anything to rotate; afterwards every row stands where it began. Convergence is
 * quadratic, so that a sweep that finds ε to the power of ¾ leaves less than ε.
 */
export function playSweeps(rows: Tensor, round: (rows: Tensor) => Round): Tensor {
  const enough = rows.dtype === 'float64' ? 2 ** -39 : 2 ** -17;
  const sweep = (before: Round): Round => {
    const start = { rows: before.rows, rest: zeros([], rows.dtype) };
    const step = (carry: Round) => {
      const played = round(carry.rows);
      return [{ rows: played.rows, rest: maximum(carry.rest, played.rest) }, []] as const;
    };
    return scan(step, start, undefined, { length: rows.length(-2) - 1 })[0];
  };
  const goesOn = ({ rest }: Round) => greater(rest, enough);
  return whileLoop(goesOn, sweep, { rows, rest: ones([], rows.dtype) }, { maximum: mostSweeps }).rows;
}

/** The largest share of `part` in `whole`, where that is not zero. */
export const largestShare = (part: Tensor, whole: Tensor): Tensor =>
  max(div(abs(part), maximum(whole, tiny)));

/** Sums of products of rows, [..., rows, 1]. */
export const rowProducts = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b), { axis: -1, keepAxes: true });
