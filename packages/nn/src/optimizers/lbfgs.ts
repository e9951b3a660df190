import {
  compile,
  DTypeError,
  isFloat,
  leavesLike,
  leavesOf,
  type Tensor,
  tensor,
  valueAndGrad,
  withLeaves,
} from '@evenkeel/tensor';
import { requireIn, requireSteps } from './options.js';

/** When `lbfgs` stops, and what it remembers. */
export interface LbfgsOptions {
  /** Most steps; 100 unless said. */
  readonly steps?: number;
  /** Pairs of steps and gradient changes that stand for the curvature; 10 unless said. */
  readonly history?: number;
  /** The minimum counts as found when no element of the gradient is larger; at least 0, 1e-6 unless said. */
  readonly tolerance?: number;
  /** Stops between two evaluations of the loss: the call throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called after each step, from 1, with the loss there. */
  readonly onStep?: (at: { readonly step: number; readonly loss: number }) => void;
}

/** Where `lbfgs` ended. */
export interface LbfgsResult<Params> {
  readonly params: Params;
  readonly loss: number;
  /** Steps taken. */
  readonly steps: number;
  /** Whether the gradient is within the tolerance. If not, steps ran out or rounding left no smaller loss to find. */
  readonly converged: boolean;
}

type Vector = Float64Array;

interface Point {
  readonly at: Vector;
  readonly loss: number;
  readonly slope: Vector;
}

/** A step, the change of the gradient along it, and the product of both. */
interface Pair {
  readonly step: Vector;
  readonly change: Vector;
  readonly product: number;
}

const dot = (a: Vector, b: Vector): number => a.reduce((total, each, i) => total + each * b[i]!, 0);
/** a + factor · b */
const along = (a: Vector, b: Vector, factor: number): Vector => a.map((each, i) => each + factor * b[i]!);
const largest = (a: Vector): number => a.reduce((most, each) => Math.max(most, Math.abs(each)), 0);

/** Minus the gradient times the inverse curvature that the pairs, oldest first, stand for. */
function descent(slope: Vector, pairs: readonly Pair[]): Vector {
  let direction: Vector = slope.map((each) => -each);
  const shares: number[] = [];
  for (const { step, change, product } of pairs.toReversed()) {
    const share = dot(step, direction) / product;
    shares.push(share);
    direction = along(direction, change, -share);
  }
  const newest = pairs.at(-1);
  if (newest) {
    const scale = newest.product / dot(newest.change, newest.change);
    direction = direction.map((each) => each * scale);
  }
  for (const { step, change, product } of pairs) {
    direction = along(direction, step, shares.pop()! - dot(change, direction) / product);
  }
  return direction;
}

const [sufficientDecrease, remainingSlope, mostTrials] = [1e-4, 0.9, 40];

/**
 * A point along a direction of descent where the loss has fallen and its slope has flattened enough (the Wolfe conditions),
 * by doubling and halving; undefined when none was found.
 */
async function search(
  evaluate: (at: Vector) => Promise<Point>,
  from: Point,
  direction: Vector,
  first: number,
): Promise<Point | undefined> {
  const slope = dot(from.slope, direction);
  let [low, high, length] = [0, Number.POSITIVE_INFINITY, first];
  for (let trial = 0; trial < mostTrials; trial++) {
    const point = await evaluate(along(from.at, direction, length));
    if (!(point.loss <= from.loss + sufficientDecrease * length * slope)) high = length;
    else if (dot(point.slope, direction) < remainingSlope * slope) low = length;
    else return point;
    length = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * low;
  }
  return undefined;
}

/**
 * Minimizes a function of all data at once by L-BFGS (Liu and Nocedal, 1989): few, far steps, for problems of full
 * batches. The loss and its gradient are one compiled program; what is remembered of earlier steps is kept in float64.
 * @param loss a scalar of the parameters alone. It is traced: see `compile`
 * @param params a tree of float tensors: where the search begins. It stays as it is
 * @throws RangeError for options outside their range, and for a loss that is not finite at the beginning; DTypeError for
 *   parameters that are no floats; the signal's reason when it is aborted
 */
export async function lbfgs<Params>(
  loss: (params: Params) => Tensor,
  params: Params,
  { steps = 100, history = 10, tolerance = 1e-6, signal, onStep }: LbfgsOptions = {},
): Promise<LbfgsResult<Params>> {
  requireSteps('lbfgs', 'steps', steps);
  requireSteps('lbfgs', 'history', history);
  requireIn('lbfgs', 'tolerance', tolerance, 0);
  const wrong = leavesOf(params).find(({ dtype }) => !isFloat(dtype));
  if (wrong) throw new DTypeError(`lbfgs: parameters must be floats, got ${wrong}`);
  const program = compile((at: Params) => valueAndGrad(loss)(at));
  const evaluate = async (at: Vector): Promise<Point> => {
    signal?.throwIfAborted();
    const [value, gradient] = await program(shaped(params, at));
    return { at, loss: await value.item(), slope: await flat(leavesLike(params, gradient)) };
  };
  try {
    let point = await evaluate(await flat(leavesOf(params)));
    if (!Number.isFinite(point.loss))
      throw new RangeError(`lbfgs: the loss is ${point.loss} at the beginning`);
    const pairs: Pair[] = [];
    let taken = 0;
    while (taken < steps && largest(point.slope) > tolerance) {
      const direction = descent(point.slope, pairs);
      const first = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(direction, direction)));
      const next = await search(evaluate, point, direction, first);
      if (!next) break;
      const [step, change] = [along(next.at, point.at, -1), along(next.slope, point.slope, -1)];
      const product = dot(step, change);
      if (product > 0) pairs.push({ step, change, product });
      if (pairs.length > history) pairs.shift();
      point = next;
      taken++;
      onStep?.({ step: taken, loss: point.loss });
    }
    const converged = largest(point.slope) <= tolerance;
    return { params: shaped(params, point.at), loss: point.loss, steps: taken, converged };
  } finally {
    await program.release();
  }
}

/** All elements of tensors, one after the other. */
async function flat(leaves: readonly Tensor[]): Promise<Vector> {
  const parts = await Promise.all(leaves.map((leaf) => leaf.data()));
  return Float64Array.from(parts.flatMap((part) => Array.from(part, Number)));
}

/** A tree like `params` of the elements of a vector. */
function shaped<Params>(params: Params, vector: Vector): Params {
  let offset = 0;
  const leaves = leavesOf(params).map(({ dtype, shape, size }) => {
    offset += size;
    return tensor(vector.slice(offset - size, offset), { dtype, shape });
  });
  return withLeaves(params, leaves);
}
