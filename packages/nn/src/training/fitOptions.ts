import { requireSteps } from '../optimizers/options.js';
import { type Checkpoints, requireCheckpoints } from './checkpoints.js';
import { type EarlyStopping, requireEarlyStopping } from './earlyStopping.js';
import type { TrainOptions, TrainProgress } from './train.js';

/** What was measured after a step. */
export interface Evaluation {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** What happens while `fit` runs. */
export type FitEvent<Model> =
  /** The run goes on from a checkpoint, with these steps behind it. */
  | { readonly type: 'resume'; readonly step: number }
  | ({ readonly type: 'step' } & TrainProgress<Model>)
  /** An epoch is complete, counted from 1; loss and metrics are means over its samples. */
  | {
      readonly type: 'epoch';
      readonly epoch: number;
      readonly step: number;
      readonly loss: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  /** `best` says whether it is better than all before, by what early stopping goes by. */
  | ({ readonly type: 'evaluation'; readonly best: boolean } & Evaluation)
  /** A checkpoint is written. */
  | { readonly type: 'checkpoint'; readonly step: number }
  | { readonly type: 'end'; readonly step: number; readonly reason: EndReason | 'aborted' };

/** Why a run ended: all steps are taken, or evaluations got no better. */
export type EndReason = 'steps' | 'early stopping';

/** What `fit` is to do. One of `steps` and `epochs` must be given. */
export interface FitOptions<Model, Batch> extends Omit<TrainOptions<Model, Batch>, 'steps' | 'start'> {
  /** Number of steps, at least 1; with checkpoints, those of earlier runs included. */
  readonly steps?: number | undefined;
  /** Number of times that all samples are gone through; the batches must come from a source with epochs. */
  readonly epochs?: number | undefined;
  /** Measures the model after every so many steps or after every epoch, and at the end. See `evaluator`. */
  readonly evaluate?:
    | {
        readonly every: number | 'epoch';
        readonly run: (
          model: Model,
        ) => Promise<Readonly<Record<string, number>>> | Readonly<Record<string, number>>;
      }
    | undefined;
  /** Ends training when evaluations get no better, and returns the model of the best one. */
  readonly earlyStopping?: EarlyStopping | undefined;
  /** Keeps the state of the run, and goes on from there when there is one. */
  readonly checkpoints?: Checkpoints | undefined;
  /** Called when something happens, and waited for. */
  readonly onEvent?: ((event: FitEvent<Model>) => void | Promise<void>) | undefined;
}

/** What `fit` is to do, in steps. */
export interface Plan {
  readonly steps: number;
  readonly batchesPerEpoch: number | undefined;
  /** Steps between evaluations. */
  readonly evaluateEvery: number | undefined;
}

/** @throws RangeError for options that make no sense, alone or together */
export function planOf<Model, Batch>(options: FitOptions<Model, Batch>): Plan {
  const { steps, epochs, batches, evaluate, earlyStopping, checkpoints } = options;
  const batchesPerEpoch = 'batchesFrom' in batches ? batches.batchesPerEpoch : undefined;
  if (batchesPerEpoch !== undefined) requireSteps('fit', 'batches: batchesPerEpoch', batchesPerEpoch);
  if ((steps === undefined) === (epochs === undefined)) {
    throw new RangeError(
      `fit: expected either steps or epochs, got ${steps === undefined ? 'neither' : 'both'}`,
    );
  }
  const inEpochs = (option: string, count: number): number => {
    if (batchesPerEpoch === undefined) {
      throw new RangeError(
        `fit: ${option}: the batches have no epochs; give a source that says batchesPerEpoch, such as a loader`,
      );
    }
    return count * batchesPerEpoch;
  };
  if (steps !== undefined) requireSteps('fit', 'steps', steps);
  if (epochs !== undefined) requireSteps('fit', 'epochs', epochs);
  if (evaluate && evaluate.every !== 'epoch') requireSteps('fit', 'evaluate: every', evaluate.every);
  if (earlyStopping) {
    requireEarlyStopping(earlyStopping);
    if (!evaluate) throw new RangeError('fit: earlyStopping goes by evaluations: give evaluate as well');
  }
  if (checkpoints) requireCheckpoints(checkpoints);
  const every = evaluate?.every;
  return {
    steps: steps ?? inEpochs('epochs', epochs as number),
    batchesPerEpoch,
    evaluateEvery: every === 'epoch' ? inEpochs('evaluate', 1) : every,
  };
}
