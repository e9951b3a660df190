import {
  applyUpdates,
  type ChannelGroup,
  channelGroups,
  type ExampleInput,
  type GradientTransform,
  type KeepMasks,
  type LearningRate,
  type ModelCall,
  type Shrunk,
  shrink,
} from '@evenkeel/nn';
import { cast, leavesOf, mapTree, sub, type Tensor, tensor, zeros } from '@evenkeel/tensor';
import { requireWeights } from './envelope.js';
import { channelSet, type GroupSet, groupsIn } from './groups.js';
import type { ProximalPenalty } from './penalty.js';

export {
  type EnvelopeOptions,
  envelopeConjugate,
  envelopeFactors,
  envelopeShares,
  envelopeValue,
} from './envelope.js';
export { channelSet, type GroupPart, type GroupSet } from './groups.js';
export {
  type GroupPenaltyOptions,
  groupLasso,
  type ProximalPenalty,
  type WgsefOptions,
  wgsef,
} from './penalty.js';

/** How long the steps are that a penalty follows. */
export interface ProximalStepOptions {
  /** The learning rate η of the descent before: the step is that of η λ Ω, so that it follows a schedule. */
  readonly learningRate: LearningRate;
}

/**
 * Proximal descent: lets the transforms before it take their step v = w + update, and makes the update lead to the
 * proximal step of η λ Ω at v. Put it last: `chain(sgd({ learningRate }), proximalStep(penalty, { learningRate }))`. Zero
 * groups are exactly zero after every step. It is exact for plain descent, also with momentum in the gradient; after
 * Adam-like steps the exact one would need their scaling, and this one is an approximation.
 * @throws RangeError for a negative learning rate; what the penalty throws for parameters that it does not fit
 */
export function proximalStep(
  penalty: ProximalPenalty,
  { learningRate }: ProximalStepOptions,
): GradientTransform<Tensor> {
  if (typeof learningRate === 'number' && !(learningRate >= 0 && Number.isFinite(learningRate)))
    throw new RangeError(`proximalStep: learningRate: got ${learningRate}, expected at least 0`);
  return {
    init(params) {
      // Finds out now whether the groups fit.
      penalty.value(params);
      return zeros([], 'int32');
    },
    update(updates, step, params) {
      const { dtype } = leavesOf(updates)[0]!;
      const rate = typeof learningRate === 'function' ? learningRate(cast(step, dtype)) : learningRate;
      const moved = penalty.prox(applyUpdates(params, updates), rate);
      return [mapTree(sub, moved, params), step.add(1)];
    },
  };
}

/** ‖w_j‖ of groups of a model, one set after the other. @throws RangeError for groups that do not fit */
export async function groupNorms(params: unknown, groups: readonly GroupSet[]): Promise<Float64Array> {
  return Float64Array.from(await groupsIn('groupNorms', params, groups).norms(params).data(), Number);
}

/** How many groups of a model are not zero. @throws RangeError for groups that do not fit */
export async function countGroups(params: unknown, groups: readonly GroupSet[]): Promise<number> {
  return (await groupNorms(params, groups)).filter((norm) => norm > 0).length;
}

/**
 * The model with all but the k groups of the largest √d_j ‖w_j‖ set to zero: for a run that ended with some more than k.
 * @param weights d, 1 unless said
 * @throws RangeError unless k is an integer from 1 to the number of groups, and for groups that do not fit
 */
export async function keepGroups<Model>(
  model: Model,
  groups: readonly GroupSet[],
  k: number,
  weights?: readonly number[],
): Promise<Model> {
  const found = groupsIn('keepGroups', model, groups);
  if (!(Number.isInteger(k) && k >= 1 && k <= found.count))
    throw new RangeError(`keepGroups: k: got ${k}, expected an integer from 1 to ${found.count}`);
  const costs = requireWeights('keepGroups', weights ?? found.sizes.map(() => 1), found.count);
  const norms = await groupNorms(model, groups);
  const sizes = Array.from(norms, (norm, i) => norm * Math.sqrt(costs[i]!));
  const first = [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!).slice(0, k);
  const kept = new Set(first);
  const { dtype } = found.norms(model);
  return found.scaled(
    model,
    tensor(
      sizes.map((_, i) => (kept.has(i) ? 1 : 0)),
      dtype,
    ),
  );
}

/** Of channels, which are not zero: 1, and 0 for those whose weights and biases all are. */
async function channelsLeft(model: unknown, group: ChannelGroup): Promise<number[]> {
  const norms = await groupNorms(model, [channelSet(group)]);
  return Array.from(norms, (norm) => (norm > 0 ? 1 : 0));
}

/**
 * The smaller model without the channels and neurons whose weights and biases are all zero; its outputs are the same. Where
 * all of a layer's are, one stays.
 * @throws as `shrink`
 */
export async function removeZeroGroups<Model>(
  model: Model,
  call: ModelCall<Model>,
  examples: readonly ExampleInput[],
): Promise<Shrunk<Model>> {
  const { groups } = channelGroups(model, call, examples);
  const masks: Record<string, number[]> = {};
  for (const group of groups) {
    const left = await channelsLeft(model, group);
    if (!left.includes(1)) left[0] = 1;
    masks[group.name] = left;
  }
  return shrink(model, call, examples, masks satisfies KeepMasks);
}
