import type { GradientTransform, LearningRate } from '@evenkeel/nn';
import {
  abs,
  add,
  cast,
  flatten,
  greaterEqual,
  leavesLike,
  lessEqual,
  mul,
  sign,
  type Tensor,
  tensor,
  where,
  withLeaves,
  zeros,
} from '@evenkeel/tensor';
import { requireAmount, requireKeep } from './checks.js';
import type { ScaleMasks } from './masks.js';

// Pruning-aware Sparse Regularization for Network Pruning (MaskSparsity), arXiv 2201.06776. Code and paper agree on the
// method; its second training starts from the dense weights, as the official script says, though the readme's command
// loads other ones.

/** How a scale γ that is to go is pulled towards 0. */
export type PenaltyMethod =
  /** λ sign(γ), with sign(0) = 0: what the paper uses. */
  | 'L1'
  /** λ γ. */
  | 'L2'
  /** λ sign(γ) where |γ| ≥ lr λ, and λ γ below, so that steps do not jump over 0. */
  | 'smoothL1'
  /** λ γ where |γ| ≤ `cutoff`, for all scales: small ones get smaller without a mask. */
  | 'small';

/** The penalty on scales that are to go. */
export interface ScalePenaltyOptions {
  /** Weight λ of the penalty, at least 0. 5e-4 unless said, as in the official scripts. */
  readonly lambda?: number;
  /** L1 unless said. */
  readonly method?: PenaltyMethod;
  /** The optimizer's learning rate: `smoothL1` changes at learningRate · λ. It must be given for that. */
  readonly learningRate?: LearningRate;
  /** Where `small` ends; 0.09 unless said. */
  readonly cutoff?: number;
}

const methods: readonly PenaltyMethod[] = ['L1', 'L2', 'smoothL1', 'small'];

/** @throws RangeError for options that make no sense */
function requirePenalty(
  name: string,
  options: ScalePenaltyOptions,
): Required<Omit<ScalePenaltyOptions, 'learningRate'>> {
  const { lambda = 5e-4, method = 'L1', cutoff = 0.09, learningRate } = options;
  requireAmount(name, 'lambda', lambda);
  requireAmount(name, 'cutoff', cutoff);
  if (!methods.includes(method))
    throw new RangeError(`${name}: method: got ${method}, expected one of ${methods.join(', ')}`);
  if (method === 'smoothL1' && learningRate === undefined)
    throw new RangeError(`${name}: smoothL1 changes at learningRate · lambda: give learningRate`);
  if (typeof learningRate === 'number') requireAmount(name, 'learningRate', learningRate);
  return { lambda, method, cutoff };
}

/**
 * What the penalty adds to the gradient of a layer's scales: λ sign(γ) (1 - keep) for L1. It is not a derivative that was
 * taken of |γ|, so that a scale that is exactly 0 stays.
 * @param scales γ `[channels]`
 * @param keep 1 for channels that stay, 0 for those that will be pruned; `small` looks at no mask
 * @throws RangeError for a mask of another length or with other entries, λ < 0 or not finite, an unknown method, and
 *   `smoothL1` without a learning rate
 */
export function penaltyGradient(
  scales: Tensor,
  keep: readonly number[],
  options: ScalePenaltyOptions & { readonly learningRate?: number } = {},
): Tensor {
  requirePenalty('penaltyGradient', options);
  requireKeep('penaltyGradient', keep, scales.size);
  return pull(scales, keep, options, options.learningRate);
}

function pull(
  scales: Tensor,
  keep: readonly number[],
  options: ScalePenaltyOptions,
  learningRate: Tensor | number | undefined,
): Tensor {
  const { lambda, method, cutoff } = requirePenalty('maskSparsity', options);
  const falling = mul(scales, lambda);
  if (method === 'small') return where(lessEqual(abs(scales), cutoff), falling, 0);
  const goes = tensor(
    keep.map((each) => 1 - each),
    scales.dtype,
  );
  if (method === 'L2') return mul(falling, goes);
  const constant = mul(sign(scales), lambda);
  if (method === 'L1') return mul(constant, goes);
  const edge = typeof learningRate === 'number' ? learningRate * lambda : mul(learningRate!, lambda);
  return mul(where(greaterEqual(abs(scales), edge), constant, falling), goes);
}

/**
 * The penalty itself, λ Σ (1 - keep) |γ|: to be reported. Training adds its gradient by `maskSparsity` instead.
 * @throws RangeError as `penaltyGradient`
 */
export function scalePenalty(
  scales: readonly Tensor[],
  keeps: readonly (readonly number[])[],
  lambda = 5e-4,
): Tensor {
  requireAmount('scalePenalty', 'lambda', lambda);
  if (scales.length !== keeps.length || scales.length === 0)
    throw new RangeError(`scalePenalty: got ${scales.length} scales and ${keeps.length} masks`);
  const sums = scales.map((each, i) => {
    requireKeep('scalePenalty', keeps[i]!, each.size);
    const goes = tensor(
      keeps[i]!.map((keep) => 1 - keep),
      each.dtype,
    );
    return mul(abs(each), goes).sum();
  });
  return mul(sums.reduce(add), lambda);
}

/** What `maskSparsity` is to do. */
export interface MaskSparsityOptions extends ScalePenaltyOptions {
  /** Which channels stay, by the path of a layer's scales. Layers that are left out get no penalty at all. */
  readonly masks: ScaleMasks;
  /** Is told what may be a mistake: masks that keep everything. */
  readonly onWarning?: (message: string) => void;
}

/**
 * Adds the penalty's gradient to that of the scales that are to go, and leaves all others as they are: put it first, as in
 * `chain(maskSparsity({ masks }), sgd({ … }))`, so that it goes through momentum. It is no proximal step: with a learning
 * rate η scales swing around 0 by about η λ / (1 - momentum). Masks of zeros everywhere are global sparsity training.
 * @throws RangeError for options that make no sense; when training begins, for masks of scales that the model does not have
 *   or of another length
 */
export function maskSparsity(options: MaskSparsityOptions): GradientTransform<Tensor> {
  requirePenalty('maskSparsity', options);
  const { masks, learningRate, method, onWarning } = options;
  const all = Object.values(masks);
  if (method !== 'small' && all.every((mask) => mask.every((keep) => keep === 1)))
    onWarning?.('maskSparsity: the masks keep every channel: the penalty is 0');
  return {
    init(params) {
      const { leaves, paths } = flatten(params);
      for (const [path, mask] of Object.entries(masks)) {
        const scale = leaves[paths.indexOf(path)];
        if (!scale) throw new RangeError(`maskSparsity: the model has no parameter ${path}`);
        requireKeep(`maskSparsity: ${path}`, mask, scale.size);
      }
      return zeros([], 'int32');
    },
    update(gradients, step, params) {
      const { leaves, paths } = flatten(params);
      const given = leavesLike(params, gradients);
      const changed = given.map((gradient, i) => {
        const mask = masks[paths[i]!];
        if (!mask) return gradient;
        const scales = leaves[i]!;
        const rate =
          typeof learningRate === 'function' ? learningRate(cast(step, scales.dtype)) : learningRate;
        return add(gradient, pull(scales, mask, options, rate));
      });
      return [withLeaves(params, changed), step.add(1)];
    },
  };
}
