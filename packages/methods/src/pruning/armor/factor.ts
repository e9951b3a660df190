import {
  adam,
  applyUpdates,
  type GradientTransform,
  nToMMask,
  type RandomSource,
  randomSource,
} from '@evenkeel/nn';
import {
  compile,
  copy,
  eye,
  less,
  mapTree,
  type Tensor,
  tensor,
  tile,
  valueAndGrad,
  where,
} from '@evenkeel/tensor';
import {
  type BlockedFactors,
  type BlockedTarget,
  blocked,
  blockedLoss,
  blockedTarget,
  fromBlocks,
} from './blocks.js';
import { chooseGroups, coreSlope, updateGroups } from './coreStep.js';
import { ArmorLinear } from './layer.js';
import { cleanImportance, type NormalizedWeight, normalizeWeight } from './normalize.js';
import { keptBy, twoOfFour } from './nToM.js';
import { type ArmorOptions, requireFactorable, warnOfSupports } from './options.js';

/** Where factoring stands. */
export interface ArmorProgress {
  /** From 1. */
  readonly iteration: number;
  readonly iterations: number;
  /** L_rel before the iteration. */
  readonly relativeLoss: number;
}

/** A factored weight. */
export interface ArmorResult {
  readonly layer: ArmorLinear;
  /** `[outputs, inputs]` */
  readonly mask: Tensor;
  /** L_rel before each iteration, from that of NoWag-P on, and last of what is returned. */
  readonly relativeLosses: readonly number[];
}

/**
 * Factors a weight, as `factorArmor` does, in one go.
 * @throws as `factorArmor`
 */
export const armor = (weight: Tensor, options: ArmorOptions): Promise<ArmorResult> =>
  lastOf(factorArmor(weight, options));

/** What a generator returns in the end. */
export async function lastOf<Result>(steps: AsyncGenerator<unknown, Result, void>): Promise<Result> {
  for (;;) {
    const { value, done } = await steps.next();
    if (done) return value;
  }
}

/**
 * Fits A S B to a weight by block coordinate descent. The weight is normalized first, Wbar = W / c / r, and the loss is
 * L_rel = Σ h (A S B - Wbar)² / Σ h Wbar² with the importances h of inputs. From A = B = I and the S of NoWag-P, each
 * iteration is a step of Adam on A, B and the values of S, and one group of every pair of blocks chosen anew
 * (`updateGroups`), as one compiled program; it yields before each. In the end r is multiplied into A, and c into B.
 * For convolutions, give the kernel as `[outputs, inputs · height · width]` with the importances of patches, or take
 * `armorModel`.
 * @param weight `[outputs, inputs]`, float32 or float64
 * @throws ShapeError for other ranks; RangeError for weights that are not finite, block sizes that do not divide the axes, a
 *   pattern that does not divide the inputs or the blocks, importances that do not fit, and options that make no sense
 */
export async function* factorArmor(
  weight: Tensor,
  options: ArmorOptions,
): AsyncGenerator<ArmorProgress, ArmorResult, void> {
  const { iterations = 20_000, learningRate = 1e-4, patience = 100, keepBest = true } = options;
  const { pattern = twoOfFour, seed = 0, signal, bias } = options;
  const sides = await requireFactorable(weight, options);
  warnOfSupports(pattern, options.onWarning);
  const importance = await cleanImportance('armor', options.importance, weight);
  const norms = normalizeWeight(weight, options);
  const start = startOf(
    norms.normalized,
    nToMMask(norms.normalized.square().mul(importance), pattern),
    sides,
  );
  const optimizer = adam({ learningRate });
  const iterate = compile(
    (state: State, fixed: BlockedTarget, draws: Tensor) =>
      iteration(state, fixed, optimizer, (factors) => {
        const slope = coreSlope(factors, fixed);
        const chosen = chooseGroups(slope, pattern.m, options, draws);
        return updateGroups(factors, fixed, chosen, slope, { ...options, pattern });
      }),
    { donate: [0] },
  );
  // Drawn here, which takes far less time than in the graph: one number for a pair of blocks.
  const source = randomSource(seed);
  const relativeLosses: number[] = [];
  let [least, idle] = [Number.POSITIVE_INFINITY, 0];
  try {
    const problem = await copy(blockedTarget(norms.normalized, importance, start));
    let state: State = await copy(stateOf(start, optimizer, keepBest));
    for (let index = 0; index < iterations && idle < patience; index++) {
      signal?.throwIfAborted();
      const next = await iterate(state, problem, drawsFor(start, source));
      state = next.state;
      const relativeLoss = Number(await next.loss.item());
      relativeLosses.push(relativeLoss);
      const improves = index === 0 || least - relativeLoss > Math.max(1e-8, 1e-6 * least);
      idle = improves ? 0 : idle + 1;
      // Not `Math.min`, which would keep NaN of steps that were too large.
      if (relativeLoss < least) least = relativeLoss;
      yield { iteration: index + 1, iterations, relativeLoss };
    }
    const last = Number(await blockedLoss(state.factors, problem).item());
    const isBest = !state.best || last <= least;
    relativeLosses.push(isBest ? last : least);
    const { factors } = isBest ? state : state.best!;
    const layer = await copy(layerOf(factors, norms, bias));
    return { layer, mask: await copy(fromBlocks(factors.mask)), relativeLosses };
  } finally {
    await iterate.release();
  }
}

const drawsFor = ({ core }: BlockedFactors, source: RandomSource): Tensor => {
  const [down, across] = core.shape as [number, number, number, number];
  const draws = Array.from({ length: down * across }, () => source.uniform());
  return tensor(draws, core.dtype).reshape([down, across]);
};

/** A = I, B = I: What is the masked weight. */
function startOf(
  normalized: Tensor,
  mask: Tensor,
  [left, right]: readonly [left: number, right: number],
): BlockedFactors {
  const identities = (length: number, side: number) =>
    tile(eye(side, side, normalized.dtype), [length / side, 1]).reshape([length / side, side, side]);
  const [outputs, inputs] = normalized.shape as [number, number];
  return blocked({
    left: identities(outputs, left),
    right: identities(inputs, right),
    core: normalized,
    mask,
  });
}

interface State {
  readonly factors: BlockedFactors;
  readonly adam: unknown;
  /** With the least loss so far, where they are kept. */
  readonly best?: { readonly factors: BlockedFactors; readonly loss: Tensor };
}

function stateOf(factors: BlockedFactors, optimizer: GradientTransform, keepBest: boolean): State {
  const { mask: _, ...trained } = factors;
  const loss = tensor(Number.POSITIVE_INFINITY, factors.core.dtype);
  return { factors, adam: optimizer.init(trained), ...(keepBest && { best: { factors, loss } }) };
}

/** A step of Adam, after which masked values are still unseen, and a new choice of core. The loss is that of before. */
function iteration(
  { factors, adam, best }: State,
  problem: BlockedTarget,
  optimizer: GradientTransform,
  chooseCore: (factors: BlockedFactors) => Pick<BlockedFactors, 'core' | 'mask'>,
): { readonly state: State; readonly loss: Tensor } {
  const { mask, ...trained } = factors;
  const lossOf = (at: typeof trained) => blockedLoss({ ...at, mask }, problem);
  const [loss, gradients] = valueAndGrad(lossOf)(trained);
  const [updates, next] = optimizer.update(gradients, adam, trained);
  const moved = { ...applyUpdates(trained, updates), mask };
  const state = { factors: { ...moved, ...chooseCore(moved) }, adam: next };
  if (!best) return { state, loss };
  const now = { factors, loss };
  const better = less(loss, best.loss);
  return {
    state: { ...state, best: mapTree((mine, other) => where(better, mine, other), now, best) },
    loss,
  };
}

/** The layer of a weight: the norms of rows go into A, those of columns into B. */
function layerOf(
  { left, right, core, mask }: BlockedFactors,
  { rowNorm, columnNorm }: NormalizedWeight,
  bias: Tensor | undefined,
): ArmorLinear {
  const [down, rows] = left.shape as [number, number];
  const [across, columns] = right.shape as [number, number];
  return new ArmorLinear(
    {
      left: left.mul(rowNorm.reshape([down, rows, 1])),
      core: fromBlocks(keptBy(mask, core)),
      right: right.mul(columnNorm.reshape([across, 1, columns])),
    },
    bias,
  );
}
