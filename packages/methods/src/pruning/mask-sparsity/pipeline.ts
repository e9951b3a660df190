import {
  type ChannelGroups,
  channelGroups,
  type GradientTransform,
  type KeepMasks,
  type ModelCall,
  type Shrunk,
  shrink,
} from '@evenkeel/nn';
import { allScales, chooseMasks, maskByThreshold, scaleMasks } from './masks.js';
import { maskSparsity, type ScalePenaltyOptions } from './penalty.js';

/** The trainings of the pipeline, in order. */
export type SparsityStage = 'global' | 'mask' | 'fine-tuning';

/** Which channels stay, by the names of groups: `(model, groups) => chooseMasks(model, groups, rule)`, or of any other kind. */
export type MaskChoice<Model> = (model: Model, groups: ChannelGroups) => Promise<KeepMasks>;

/** What `maskSparsityPipeline` is to do. */
export interface MaskSparsityPipeline<Model> extends ScalePenaltyOptions {
  /** With dense weights, trained. */
  readonly model: Model;
  /** Evaluation, as for `channelGroups`. */
  readonly call: ModelCall<Model>;
  readonly examples: Parameters<typeof channelGroups>[2];
  /**
   * Trains a model and returns it. `penalty` goes before the optimizer's own transforms: `chain(penalty, sgd({ … }))`; there
   * is none in fine-tuning.
   */
  readonly train: (
    model: Model,
    stage: SparsityStage,
    penalty: GradientTransform | undefined,
  ) => Promise<Model>;
  /** The mask, from the model after global sparsity training: scales of |γ| ≤ 0.01 go unless said. */
  readonly choose?: MaskChoice<Model>;
  /** What is removed after training with the mask: the same unless said, or what the scales say by then. */
  readonly remove?: MaskChoice<Model>;
}

/** What the pipeline gives. */
export interface MaskSparsityResult<Model> {
  /** By the names of groups. */
  readonly masks: KeepMasks;
  /** After training with the penalty on what is to go, before anything is removed. */
  readonly sparse: Model;
  /** Right after removal. */
  readonly pruned: Shrunk<Model>;
  /** After fine-tuning. */
  readonly model: Model;
}

const belowHundredth: MaskChoice<unknown> = (model, groups) =>
  chooseMasks(model, groups, (scales) => maskByThreshold(scales, 0.01));

/**
 * The six steps of MaskSparsity, from the second: global sparsity training from the dense weights, the mask, training from
 * the dense weights again with the penalty only on what the mask prunes, removal, fine-tuning.
 * @throws RangeError for penalties and masks that make no sense, and models without scales that could be pruned
 */
export async function maskSparsityPipeline<Model>(
  options: MaskSparsityPipeline<Model>,
): Promise<MaskSparsityResult<Model>> {
  const { model: dense, call, examples, train, choose = belowHundredth, remove, ...penalty } = options;
  const groups = channelGroups(dense, call, examples);
  const global = maskSparsity({ ...penalty, masks: allScales(groups) });
  const slimmed = await train(dense, 'global', global);
  const masks = await choose(slimmed, groups);
  const masked = maskSparsity({ ...penalty, masks: scaleMasks(groups, masks) });
  const sparse = await train(dense, 'mask', masked);
  const gone = remove ? await remove(sparse, groups) : masks;
  const pruned = await shrink(sparse, call, examples, gone);
  return { masks, sparse, pruned, model: await train(pruned.model, 'fine-tuning', undefined) };
}
