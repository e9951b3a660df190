import { div, greater, maximum, mul, sub, sum, type Tensor, tensor, where } from '@evenkeel/tensor';
import { envelopeFactors, envelopeValue, requireLambda, requireWeights } from './envelope.js';
import { type GroupSet, type Groups, groupsIn } from './groups.js';

/** A penalty λ Ω(w) of groups of parameters that training adds by its proximal step, not by a gradient. */
export interface ProximalPenalty {
  /** λ Ω: a scalar to report. */
  value(params: unknown): Tensor;
  /** The proximal step argmin over w of ½ ‖w - v‖² + stepSize λ Ω(w) at v = `params`; other parameters as they are. */
  prox<Params>(params: Params, stepSize: Tensor | number): Params;
}

/** Groups and how much the penalty weighs. */
export interface GroupPenaltyOptions {
  /** Sets of groups, all under one penalty. A penalty for each layer is one transform for each, one after the other. */
  readonly groups: readonly GroupSet[];
  /** λ, at least 0. */
  readonly lambda: number;
  /**
   * d_j: 1 for all groups (`unit`, unless said), √(elements of the group) (`rootSize`, for groups of unlike size), or one
   * number above 0 for each.
   */
  readonly weights?: 'unit' | 'rootSize' | readonly number[];
}

/** What `wgsef` is to do. Either `k` or `share` is given. */
export interface WgsefOptions extends GroupPenaltyOptions {
  /** Groups that are to stay, an integer of at least 1. More than there are is told, and is ridge on all groups. */
  readonly k?: number;
  /** The same as a part of all groups in (0, 1], rounded, and at least one group. */
  readonly share?: number;
  /** Is told what may be a mistake. */
  readonly onWarning?: (message: string) => void;
}

function weightsFor(
  name: string,
  { count, sizes }: Groups,
  weights: GroupPenaltyOptions['weights'] = 'unit',
): readonly number[] {
  if (weights === 'unit') return sizes.map(() => 1);
  if (weights === 'rootSize') return sizes.map(Math.sqrt);
  if (typeof weights === 'string')
    throw new RangeError(`${name}: weights: got ${weights}, expected unit, rootSize or numbers`);
  return requireWeights(name, weights, count);
}

/**
 * The weighted group sparse envelope λ WGSEF_k: the largest convex function below "½ Σ d_j ‖w_j‖² if at most k groups are
 * nonzero, else infinite". Its proximal step keeps the strongest groups, shrunk as by ridge, and makes the weakest exactly
 * zero, so that k decides how many stay, and λ how soon. See `envelopeValue` and `envelopeShares`.
 * @throws RangeError for k or share, λ or weights that make no sense; (once parameters are given) for groups that do not fit
 */
export function wgsef(options: WgsefOptions): ProximalPenalty {
  const { groups, lambda, k, share, weights, onWarning } = options;
  requireLambda('wgsef', lambda);
  if ((k === undefined) === (share === undefined)) throw new RangeError('wgsef: give either k or share');
  if (k !== undefined && !(Number.isInteger(k) && k >= 1))
    throw new RangeError(`wgsef: k: got ${k}, expected an integer of at least 1`);
  if (share !== undefined && !(share > 0 && share <= 1))
    throw new RangeError(`wgsef: share: got ${share}, expected (0, 1]`);
  const resolve = (params: unknown) => {
    const found = groupsIn('wgsef', params, groups);
    const wanted = k ?? Math.max(1, Math.round(share! * found.count));
    if (wanted > found.count)
      onWarning?.(
        `wgsef: k is ${wanted}, of ${found.count} groups: the penalty is ridge and makes none zero`,
      );
    return {
      found,
      envelope: { k: Math.min(wanted, found.count), weights: weightsFor('wgsef', found, weights) },
    };
  };
  return {
    value(params) {
      const { found, envelope } = resolve(params);
      return envelopeValue(found.norms(params), envelope).mul(lambda);
    },
    prox(params, stepSize) {
      const { found, envelope } = resolve(params);
      const norms = found.norms(params);
      return found.scaled(
        params,
        envelopeFactors(norms, mul(tensor(lambda, norms.dtype), stepSize), envelope),
      );
    },
  };
}

/**
 * Group lasso λ Σ d_j ‖w_j‖, the usual penalty to compare with: its proximal step shortens every group by stepSize λ d_j,
 * and makes shorter ones zero. Here λ decides how many stay.
 * @throws as `wgsef`
 */
export function groupLasso({ groups, lambda, weights }: GroupPenaltyOptions): ProximalPenalty {
  requireLambda('groupLasso', lambda);
  const resolve = (params: unknown) => {
    const found = groupsIn('groupLasso', params, groups);
    const norms = found.norms(params);
    return {
      found,
      norms,
      costs: tensor([...weightsFor('groupLasso', found, weights)], norms.dtype).mul(lambda),
    };
  };
  return {
    value(params) {
      const { norms, costs } = resolve(params);
      return sum(mul(norms, costs));
    },
    prox(params, stepSize) {
      const { found, norms, costs } = resolve(params);
      const inside = greater(norms, 0);
      const left = sub(1, div(mul(costs, stepSize), where(inside, norms, 1)));
      return found.scaled(params, where(inside, maximum(left, 0), 0));
    },
  };
}
