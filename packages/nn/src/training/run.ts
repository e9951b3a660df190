import { randomKey } from '@evenkeel/tensor';
import { arraysOf, Filling } from './arrays.js';
import { type Checkpoints, newestCheckpoint, saveCheckpoint } from './checkpoints.js';
import { noStanding, type Standing } from './earlyStopping.js';
import type { EndReason, Evaluation, FitOptions } from './fitOptions.js';

/** Where a run of `fit` stands, without tensors. */
export interface RunRecord {
  /** Of the last step. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the epoch under way: samples so far, and loss and metrics added up over them. */
  readonly epoch: { readonly samples: number; readonly sums: Readonly<Record<string, number>> };
  readonly evaluations: readonly Evaluation[];
  readonly standing: Standing;
  /** Set when the run has ended. */
  readonly reason?: EndReason;
}

/** Where a run of `fit` stands. */
export interface Run<Model> extends RunRecord {
  readonly step: number;
  readonly model: Model;
  readonly optimizerState: unknown;
  /** The model of the best evaluation, where early stopping keeps one. */
  readonly best: Model | undefined;
}

type Start<Model, Batch> = Pick<FitOptions<Model, Batch>, 'model' | 'optimizer' | 'key' | 'earlyStopping'>;

/** A run before its first step. */
export const freshRun = <Model, Batch>({ model, optimizer }: Start<Model, Batch>): Run<Model> => ({
  step: 0,
  model,
  optimizerState: optimizer.init(model),
  best: undefined,
  loss: Number.NaN,
  metrics: {},
  epoch: { samples: 0, sums: {} },
  evaluations: [],
  standing: noStanding,
});

/** Writes a checkpoint. */
export async function saveRun<Model>(
  checkpoints: Checkpoints,
  run: Run<Model>,
  key = randomKey(0),
  batchesPerEpoch?: number,
): Promise<void> {
  const { step, model, optimizerState, best, ...record } = run;
  const user = 'fit: checkpoints';
  await saveCheckpoint(checkpoints, {
    step,
    epoch: batchesPerEpoch && Math.floor(step / batchesPerEpoch),
    record: record satisfies RunRecord,
    arrays: {
      ...(await arraysOf(user, 'model', model)),
      ...(await arraysOf(user, 'optimizer', optimizerState)),
      ...(best === undefined ? {} : await arraysOf(user, 'best', best)),
      ...(await arraysOf(user, 'key', key)),
    },
  });
}

/**
 * The run as the newest checkpoint has it; undefined where there is none.
 * @throws RangeError when it is of another model, optimizer or key: with all differences
 */
export async function restoredRun<Model, Batch>(
  checkpoints: Checkpoints,
  start: Start<Model, Batch>,
): Promise<Run<Model> | undefined> {
  const found = await newestCheckpoint(checkpoints.storage);
  if (!found) return undefined;
  const { step, arrays } = found;
  const record = found.record as RunRecord;
  const fresh = freshRun(start);
  const user = `fit: checkpoints: that of step ${step} does not fit`;
  const wanted = Object.entries(arrays).filter(([name]) => start.earlyStopping || !isIn('best', name));
  const filling = new Filling(Object.fromEntries(wanted));
  const keepsBest = wanted.some(([name]) => isIn('best', name));
  const run: Run<Model> = {
    ...fresh,
    ...record,
    step,
    model: filling.tree('model', start.model),
    optimizerState: filling.tree('optimizer', fresh.optimizerState),
    best: keepsBest ? filling.tree('best', start.model) : undefined,
  };
  const key = start.key ?? randomKey(0);
  const kept = filling.tree('key', key);
  filling.requireFit(user);
  if (String(await kept.data()) !== String(await key.data())) {
    throw new RangeError(`${user}: it was made with another key`);
  }
  return run;
}

const isIn = (prefix: string, name: string): boolean => name === prefix || name.startsWith(`${prefix}.`);
