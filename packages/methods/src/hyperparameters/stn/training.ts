import type { Tensor } from '@evenkeel/tensor';
import { planOf, type SelfTuningOptions } from './options.js';
import { Session, type TunedValue } from './session.js';

// Self-Tuning Networks, arXiv 1903.03088: training and validation steps in turn.

/** The losses and hyperparameters after a training step and the validation steps that were due after it. */
export interface SelfTuningRecord<Name extends string> {
  /** Training steps taken, from 1. */
  readonly step: number;
  /** f of the step's batch, before its update. */
  readonly loss: number;
  /** F of the last validation step's batch, without the entropy; absent before the first. */
  readonly validationLoss?: number;
  readonly hyperparameters: Readonly<Record<Name, TunedValue>>;
}

/** Where self-tuning stands after a training step. */
export interface SelfTuningProgress<Model, Name extends string> extends SelfTuningRecord<Name> {
  readonly steps: number;
  /** What `trainLoss` reported. */
  readonly metrics: Readonly<Record<string, number>>;
  /** After the step's update. The next step takes its tensors over: use it before that, or keep a `copy`. */
  readonly model: Model;
  /** λ `[hyperparameters]`, without perturbation: what layers take in evaluation. */
  readonly lambda: Tensor;
}

/**
 * Trains a network of best-response layers and tunes its hyperparameters in the same run: after warming up, `trainSteps`
 * steps of the weights on the training loss under perturbed hyperparameters, then `validationSteps` steps of λ and σ on the
 * validation loss, and so on. Yields after each training step, with the validation steps that follow it done. Stop when you
 * like, such as when the validation loss no longer falls; nothing is trained again afterwards.
 * @throws RangeError for options that make no sense, initial values on or outside their range, validation batches that are
 *   training batches, batches that end early or are empty, and a loss that is not finite; the signal's reason when it is
 *   aborted; what the losses throw while they are traced
 */
export async function* selfTuning<Model, Batch, Name extends string>(
  options: SelfTuningOptions<Model, Batch, Name>,
): AsyncGenerator<SelfTuningProgress<Model, Name>, void, void> {
  const { steps, warmUp, trainSteps, validationSteps } = planOf(options);
  const session = await Session.start(options);
  try {
    let hyperparameters = await session.hyperparameters();
    let validationLoss: number | undefined;
    for (let step = 1; step <= steps; step++) {
      options.signal?.throwIfAborted();
      const { loss, metrics } = await session.train();
      if (step > warmUp && (step - warmUp) % trainSteps === 0) {
        for (let i = 0; i < validationSteps; i++) validationLoss = await session.validate();
        hyperparameters = await session.hyperparameters();
      }
      yield {
        ...{ step, steps, loss, metrics, hyperparameters },
        ...(validationLoss !== undefined && { validationLoss }),
        ...{ model: session.model, lambda: session.lambda },
      };
    }
  } finally {
    await session.close();
  }
}

/** What self-tuning gives. */
export interface SelfTuningResult<Model, Name extends string> extends SelfTuningProgress<Model, Name> {
  /** After each training step. */
  readonly history: readonly SelfTuningRecord<Name>[];
}

/** As `selfTuning`, to its end. @throws as `selfTuning` */
export async function selfTune<Model, Batch, Name extends string>(
  options: SelfTuningOptions<Model, Batch, Name>,
): Promise<SelfTuningResult<Model, Name>> {
  const history: SelfTuningRecord<Name>[] = [];
  let last: SelfTuningProgress<Model, Name> | undefined;
  for await (const progress of selfTuning(options)) {
    const { model: _, lambda: __, metrics: ___, steps: ____, ...record } = progress;
    history.push(record);
    last = progress;
  }
  return { ...last!, history };
}
