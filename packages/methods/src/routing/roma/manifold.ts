import type { RouterStatistics } from '@evenkeel/nn';
import {
  cast,
  concat,
  formatShape,
  greater,
  maximum,
  mean,
  oneHot,
  ShapeError,
  slice,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  take,
  where,
} from '@evenkeel/tensor';
import { known, requireOneOf } from '../checks.js';

export interface RoutingOptions {
  /**
   * `softmax`: over all experts. `gates`: the same with zeros for experts that were not chosen, divided by its sum.
   * `softmax` unless said.
   */
  readonly form?: 'softmax' | 'gates';
  /** At which token of a sample; the last unless said. */
  readonly token?: 'first' | 'middle' | 'last';
}

/**
 * r_i: the routing weights of each sample at one of its tokens, layer after layer, which sum to 1 for each layer.
 * @param layers what the routers did, of each layer with `samples · tokens` rows
 * @param samples of the call
 * @returns `[samples, layers · experts]`
 * @throws RangeError for unknown options; ShapeError without layers and for rows that are no multiple of the samples
 */
export function routingWeights(
  layers: readonly Pick<RouterStatistics, 'scores' | 'experts'>[],
  samples: number,
  { form = 'softmax', token = 'last' }: RoutingOptions = {},
): Tensor {
  const name = 'routingWeights';
  requireOneOf(name, 'form', form, ['softmax', 'gates']);
  requireOneOf(name, 'token', token, ['first', 'middle', 'last']);
  if (layers.length === 0) throw new ShapeError(`${name}: expected at least one layer, got none`);
  const rows = layers.map(({ scores, experts }) => {
    const count = scores.length(0) / samples;
    if (!Number.isInteger(count)) {
      throw new ShapeError(
        `${name}: expected rows of ${samples} samples, got scores ${formatShape(scores.shape)}`,
      );
    }
    const at = { first: 0, middle: Math.floor(count / 2), last: count - 1 }[token];
    const atToken = (x: Tensor) =>
      slice(
        x.reshape([samples, count * x.length(1)]),
        [0, at * x.length(1)],
        [samples, (at + 1) * x.length(1)],
      );
    const shares = softmax(atToken(scores));
    if (form === 'softmax') return shares;
    const gates = shares.mul(sum(oneHot(atToken(experts), scores.length(1), shares.dtype), { axis: 1 }));
    const total = gates.sum({ axis: -1, keepAxes: true });
    return gates.div(where(greater(total, 0), total, 1));
  });
  return concat(rows, -1);
}

export interface ManifoldOptions {
  /**
   * Whether the neighbours' routing has a gradient: not with `detached`, so that samples move to their neighbours, nor
   * with `initial`, where it is that of the model before tuning; with `both` both move. `detached` unless said.
   */
  readonly target?: 'detached' | 'both' | 'initial';
  /** Routing to whose rows the neighbours' numbers refer; that of the samples unless said. Needed for `initial`. */
  readonly of?: Tensor;
}

export interface ManifoldLoss {
  /** L_manifold(i), `[n]`: from 0 to 2 · layers. */
  readonly perSample: Tensor;
  /** Their mean. */
  readonly loss: Tensor;
}

/**
 * L_manifold(i) = Σ_{j ∈ N(i)} W_ij ‖r_i - r_j‖² (arXiv 2511.07419): 0 for a sample without neighbours. With detached
 * targets its gradient is that of ‖r_i - Σ_j W_ij r_j‖².
 * @param routing r, float `[n, layers · experts]`: see `routingWeights`
 * @param neighbors int32 `[n, most]`, -1 where there is no further one: see `successfulNeighbors`
 * @param weights W, `[n, most]`
 * @throws RangeError for an unknown target, `initial` without its routing and numbers that are no rows where they are
 *   known; ShapeError for shapes that do not fit
 */
export function manifoldLoss(
  routing: Tensor,
  neighbors: Tensor,
  weights: Tensor,
  { target = 'detached', of }: ManifoldOptions = {},
): ManifoldLoss {
  const name = 'manifoldLoss';
  requireOneOf(name, 'target', target, ['detached', 'both', 'initial']);
  if (target === 'initial' && !of) throw new RangeError(`${name}: target initial needs the routing of then`);
  const others = of ?? routing;
  if (routing.rank !== 2 || others.rank !== 2 || others.length(1) !== routing.length(1)) {
    throw new ShapeError(
      `${name}: expected routing [samples, layers · experts], got ${formatShape(routing.shape)} and neighbours' ${formatShape(others.shape)}`,
    );
  }
  const wanted = [routing.length(0), neighbors.shape[1]];
  if (neighbors.rank !== 2 || `${neighbors.shape}` !== `${wanted}` || `${weights.shape}` !== `${wanted}`) {
    throw new ShapeError(
      `${name}: expected neighbours and weights [${routing.length(0)}, most], got ${formatShape(neighbors.shape)} and ${formatShape(weights.shape)}`,
    );
  }
  const wrong = known(neighbors).find((each) => each >= others.length(0));
  if (wrong !== undefined) {
    throw new RangeError(`${name}: neighbours must be below ${others.length(0)}, got ${wrong}`);
  }
  const rows = take(target === 'both' ? others : stopGradient(others), maximum(neighbors, 0));
  const [samples, width] = routing.shape as [number, number];
  const squares = sum(routing.reshape([samples, 1, width]).sub(rows).square(), { axis: -1 });
  const perSample = sum(squares.mul(cast(weights, routing.dtype)), { axis: -1 });
  return { perSample, loss: mean(perSample) };
}
