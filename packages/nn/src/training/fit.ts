import { copy } from '@evenkeel/tensor';
import { standingAfter } from './earlyStopping.js';
import { type EndReason, type Evaluation, type FitOptions, type Plan, planOf } from './fitOptions.js';
import { freshRun, type Run, restoredRun, saveRun } from './run.js';
import { type TrainProgress, train } from './train.js';
import { WeighedMeans } from './weighing.js';

/** How a run ended. */
export interface FitResult<Model> {
  /** Steps taken, those of earlier runs included. */
  readonly step: number;
  readonly steps: number;
  readonly reason: EndReason;
  /** Of the last step's batch, before the step's update. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** After the last step; with early stopping, that of the best evaluation. */
  readonly model: Model;
  /** After the last step. */
  readonly optimizerState: unknown;
  /** In order. */
  readonly evaluations: readonly Evaluation[];
  /** The step of the best evaluation, where early stopping has found one. */
  readonly bestStep: number | undefined;
}

/**
 * Trains to the end, with evaluations, early stopping and checkpoints as asked. A run that is interrupted goes on from its
 * last checkpoint when it is called again with the same options, to the same bits as if it had never stopped, provided
 * that the batches are: take a `loader`, or another source whose batches depend on the step alone.
 * @throws RangeError for options that make no sense, and a checkpoint of another model, optimizer or key; while training, as
 *   `train`. When the signal is aborted, a checkpoint is written, and the signal's reason is thrown.
 */
export async function fit<Model, Batch>(options: FitOptions<Model, Batch>): Promise<FitResult<Model>> {
  const plan = planOf(options);
  const { checkpoints, key, signal, onEvent } = options;
  const resumed = checkpoints && (await restoredRun(checkpoints, options));
  let run = resumed ?? freshRun(options);
  if (resumed) await onEvent?.({ type: 'resume', step: run.step });
  let saved = run.step;
  const save = async (): Promise<void> => {
    if (!checkpoints || run.step === saved) return;
    await saveRun(checkpoints, run, key, plan.batchesPerEpoch);
    saved = run.step;
    await onEvent?.({ type: 'checkpoint', step: saved });
  };
  if (!isOver(run, plan, options)) {
    const { step, model, optimizerState } = run;
    try {
      for await (const progress of train({
        ...options,
        model,
        steps: plan.steps,
        start: { step, optimizerState },
      })) {
        run = await advance(run, progress, plan, options);
        const isLast = run.reason !== undefined;
        if (isLast || (checkpoints && run.step % checkpoints.every === 0)) await save();
        if (isLast) break;
      }
    } catch (error) {
      if (signal?.aborted && error === signal.reason) {
        await save();
        await onEvent?.({ type: 'end', step: run.step, reason: 'aborted' });
      }
      throw error;
    }
  }
  return ended(run, plan, options);
}

/** Whether nothing is left to do, as after resuming what had come to its end. */
const isOver = <Model, Batch>(
  run: Run<Model>,
  { steps }: Plan,
  { earlyStopping }: FitOptions<Model, Batch>,
) => run.step >= steps || (earlyStopping !== undefined && run.reason === 'early stopping');

async function ended<Model, Batch>(
  run: Run<Model>,
  { steps }: Plan,
  { earlyStopping, onEvent }: FitOptions<Model, Batch>,
): Promise<FitResult<Model>> {
  const { step, loss, metrics, optimizerState, evaluations, standing } = run;
  const reason = run.reason ?? 'steps';
  await onEvent?.({ type: 'end', step, reason });
  return {
    step,
    steps,
    reason,
    loss,
    metrics,
    model: (earlyStopping && run.best) ?? run.model,
    optimizerState,
    evaluations,
    bestStep: earlyStopping && standing.step,
  };
}

/** The run after a step, with what is due then: the end of an epoch, an evaluation, the end of the run. */
async function advance<Model, Batch>(
  run: Run<Model>,
  progress: TrainProgress<Model>,
  plan: Plan,
  { onEvent, evaluate, ...options }: FitOptions<Model, Batch>,
): Promise<Run<Model>> {
  await onEvent?.({ type: 'step', ...progress });
  const { step, loss, metrics, samples, model, optimizerState } = progress;
  const { reason: _, ...before } = run;
  let next: Run<Model> = { ...before, step, loss, metrics, model, optimizerState };
  if (plan.batchesPerEpoch !== undefined) {
    const means = new WeighedMeans(run.epoch.samples, run.epoch.sums);
    means.add(samples, { ...metrics, [lossName]: loss });
    const isComplete = step % plan.batchesPerEpoch === 0;
    next = { ...next, epoch: isComplete ? { samples: 0, sums: {} } : { ...means } };
    if (isComplete) {
      const { [lossName]: meanLoss = Number.NaN, ...meanMetrics } = means.means();
      const epoch = step / plan.batchesPerEpoch;
      await onEvent?.({ type: 'epoch', epoch, step, loss: meanLoss, metrics: meanMetrics });
    }
  }
  const isLast = step === plan.steps;
  if (evaluate && plan.evaluateEvery && (isLast || step % plan.evaluateEvery === 0)) {
    const evaluation: Evaluation = { step, metrics: { ...(await evaluate.run(model)) } };
    next = await judged(next, evaluation, options.earlyStopping);
    await onEvent?.({ type: 'evaluation', ...evaluation, best: next.standing.step === step });
  }
  const { earlyStopping } = options;
  if (isLast) return { ...next, reason: 'steps' };
  return earlyStopping && next.standing.since >= earlyStopping.patience
    ? { ...next, reason: 'early stopping' }
    : next;
}

/** What the sums of losses go by among those of metrics, which users name. */
const lossName = '';

/** The run with another evaluation, and with its model if that is the best. */
async function judged<Model, Batch>(
  run: Run<Model>,
  evaluation: Evaluation,
  earlyStopping: FitOptions<Model, Batch>['earlyStopping'],
): Promise<Run<Model>> {
  const evaluations = [...run.evaluations, evaluation];
  if (!earlyStopping) return { ...run, evaluations };
  const standing = standingAfter(run.standing, earlyStopping, evaluation.step, evaluation.metrics);
  const isBest = standing.step === evaluation.step;
  if (!isBest) return { ...run, evaluations, standing };
  const best = await copy(run.model);
  return { ...run, evaluations, standing, best };
}
