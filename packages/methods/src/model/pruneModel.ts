import {
  type ChannelGroup,
  channelGroups,
  type KeepMasks,
  magnitude,
  normScale,
  type PruneOptions,
  type PrunePlan,
  pruneToFlops,
  shrink,
  stratifiedSplit,
} from '@evenkeel/nn';
import { exportOnnx, type ImportedModule, type Tensor } from '@evenkeel/tensor';
import { allScales, maskSparsity, scaleMasks } from '../pruning/mask-sparsity/index.js';
import { accuracyOn, classify, exampleOf, type TrainingSettings, trainClassifier } from './classifier.js';
import type { Samples } from './samples.js';

/** The ways of choosing what goes. */
export const pruningMethods = ['mask-sparsity', 'magnitude'] as const;
export type PruningMethod = (typeof pruningMethods)[number];

/** How a step of training went. */
export interface PruneProgress {
  readonly stage: string;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

/** What is to be done. */
export interface PruneModelOptions {
  readonly model: ImportedModule;
  readonly samples: Samples;
  readonly method: PruningMethod;
  /** Share of the multiply-adds that stay at most, in (0, 1]. */
  readonly flops: number;
  /** Passes through the samples in each training; 10 unless said. */
  readonly epochs?: number;
  /** 0.01 unless said. */
  readonly learningRate?: number;
  /** Of the held-out samples, the order and dropout. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PruneProgress) => void;
}

/** A model, measured. */
export interface Measures {
  /** Of a call with one sample. */
  readonly multiplyAdds: number;
  readonly parameters: number;
  /** Share of the held-out samples that are classified right. */
  readonly accuracy: number;
}

/** The smaller file, and what was gained and lost. */
export interface PrunedModel {
  readonly bytes: Uint8Array;
  readonly before: Measures;
  readonly after: Measures;
  /** Right after channels went, before fine-tuning. */
  readonly accuracyBeforeTuning: number;
  readonly heldOut: number;
  /** Channels that stay, of those that there were, by group. */
  readonly channels: Readonly<Record<string, { readonly kept: number; readonly of: number }>>;
  /** What could not be kept exactly. */
  readonly notes: readonly string[];
}

/** Share of the samples that are held out. */
const heldOutShare = 0.2;

/** How far the penalty could move a scale in all steps of a training: enough for any that begins near 1. */
const reach = 2;

type Train = (
  model: ImportedModule,
  stage: string,
  penalty?: TrainingSettings['penalty'],
) => Promise<ImportedModule>;

/**
 * Makes a classifier smaller and fine-tunes it on samples of its user. Layers keep whole blocks of 16, 8 or 4 channels where
 * that comes near the share: only these make calls really faster. `magnitude` removes the channels with the smallest
 * weights; `mask-sparsity` finds those whose scales a penalty drives to zero, and trains with the penalty on these before
 * they go.
 * @throws RangeError for samples that do not fit the model, shares that cannot be met, and models without channels (for
 *   mask-sparsity, without batch normalization) that can go; the signal's reason
 */
export async function pruneModel(options: PruneModelOptions): Promise<PrunedModel> {
  const {
    model,
    samples,
    method,
    flops,
    epochs = 10,
    learningRate = 0.01,
    seed = 0,
    signal,
    onProgress,
  } = options;
  requireClassifier(model, samples);
  const { train, test } = stratifiedSplit(samples.dataset, samples.labels, heldOutShare, seed);
  const example = await exampleOf(samples.dataset, 1);
  const examples = [example];
  let trainings = 0;
  const run: Train = (net, stage, penalty) =>
    trainClassifier(net, train, {
      epochs,
      learningRate,
      seed: seed + trainings++,
      signal,
      penalty,
      onStep: (step, steps, loss) => onProgress?.({ stage, step, steps, loss }),
    });
  const steps = epochs * Math.max(1, Math.floor(train.length / Math.min(32, train.length)));
  const lambda = (reach * (1 - 0.9)) / (learningRate * steps);
  const { ready, plan } =
    method === 'magnitude'
      ? {
          ready: model,
          plan: await planFor(model, examples, flops, { criterion: magnitude() }),
        }
      : await sparse(model, examples, flops, lambda, run);
  const small = await shrink(ready, classify, examples, plan.masks);
  const accuracyBeforeTuning = await accuracyOn(small.model, test);
  const tuned = await run(small.model, 'fine-tuning');
  return {
    bytes: await written(tuned),
    before: { ...small.before, accuracy: await accuracyOn(model, test) },
    after: { ...small.after, accuracy: await accuracyOn(tuned, test) },
    accuracyBeforeTuning,
    heldOut: test.length,
    channels: Object.fromEntries(
      Object.entries(plan.masks).map(([name, mask]) => [
        name.replace(/^parameters\./, ''),
        { kept: mask.filter((keep) => keep === 1).length, of: mask.length },
      ]),
    ),
    notes: small.notFolded,
  };
}

function requireClassifier({ outputs }: ImportedModule, { labels, classes }: Samples): void {
  const [output, ...others] = outputs;
  if (!output || others.length > 0)
    throw new RangeError(`model: it has ${outputs.length} outputs, expected one`);
  const width = output.shape?.at(-1);
  if (output.shape && output.shape.length !== 2)
    throw new RangeError(
      `model: the output "${output.name}" has ${output.shape.length} axes, expected [n, classes]`,
    );
  if (typeof width === 'number' && classes.length > width)
    throw new RangeError(`data: there are ${classes.length} classes, but the model tells ${width} apart`);
  if (labels.length < 10)
    throw new RangeError(`data: there are ${labels.length} samples, expected 10 at least`);
}

/** Channels that processors compute convolutions of together: with AVX-512, with AVX2, with NEON. */
const blocks = [16, 8, 4];

/** How much of the share blocks must use, so that they do not take much more than was asked for. */
const enough = 0.6;

/** What goes: in whole blocks, since a part of one takes as long as all of it or longer, wherever that is near the share. */
async function planFor(
  model: ImportedModule,
  examples: readonly Tensor[],
  flops: number,
  options: PruneOptions,
): Promise<PrunePlan> {
  const planned = (multipleOf: number) =>
    pruneToFlops(model, classify, examples, flops, { ...options, multipleOf });
  for (const multipleOf of blocks) {
    const plan = await planned(multipleOf).catch((error) => {
      if (error instanceof RangeError) return undefined;
      throw error;
    });
    if (plan && plan.after.multiplyAdds >= enough * flops * plan.before.multiplyAdds) return plan;
  }
  return planned(1);
}

/** MaskSparsity: which scales fall to zero, and a model in which these, and no others, have been pulled there. */
async function sparse(
  model: ImportedModule,
  examples: readonly Tensor[],
  flops: number,
  lambda: number,
  train: Train,
): Promise<{ ready: ImportedModule; plan: PrunePlan }> {
  const groups = channelGroups(model, classify, examples);
  const scaled = new Set(groups.groups.filter(hasScale).map(({ name }) => name));
  if (scaled.size === 0) {
    throw new RangeError(
      'mask-sparsity: no channels that could go have batch normalization of their own; take magnitude instead',
    );
  }
  const options = {
    criterion: normScale(),
    scope: 'global' as const,
    include: (name: string) => scaled.has(name),
  };
  // Whether the share can be met is known before anything is trained.
  await planFor(model, examples, flops, options);
  const penalty = maskSparsity({ lambda, masks: inNet(allScales(groups)) });
  const slim = await train(model, 'sparsity training', penalty);
  const plan = await planFor(slim, examples, flops, options);
  const masked = maskSparsity({ lambda, masks: inNet(scaleMasks(groups, plan.masks)) });
  return { ready: await train(model, 'training with the mask', masked), plan };
}

const hasScale = ({ places }: ChannelGroup): boolean => places.some(({ role }) => role === 'scale');

/** Paths as they are in what is trained. */
const inNet = (masks: KeepMasks): KeepMasks =>
  Object.fromEntries(Object.entries(masks).map(([path, mask]) => [`net.${path}`, mask]));

/** The model as a file, with the names of inputs and outputs that it had: it can be pruned and trained again. */
async function written(net: ImportedModule): Promise<Uint8Array> {
  const inputs = Object.fromEntries(
    net.inputs.map(({ name, dtype, shape }) => [
      name,
      { dtype, shape: shape!.map((length, axis) => length ?? (axis === 0 ? 'batch' : `length${axis}`)) },
    ]),
  );
  const call = (weights: typeof net.weights, ...given: Tensor[]) =>
    net.withWeights(weights).run(given).outputs;
  return (await exportOnnx(call, net.weights, inputs)).bytes;
}
