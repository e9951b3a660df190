import type { Budget } from '@evenkeel/lab';
import { adam, cosineSchedule, type Router, type RouterModule, type RouterStatistics } from '@evenkeel/nn';
import { compile, randomKey, type Tensor } from '@evenkeel/tensor';
import { drawWindows, type Era } from './eras.js';
import { languageExperts, languageLoss, MixtureLanguageModel } from './languageModel.js';
import { countChoices, droppedShare, maxViolation, specialization } from './measures.js';
import type { Part, PartOutcome, PartProgress } from './parts.js';
import { BalanceHistory, batchesBy, loadMap, trainBalanced } from './training.js';

/** Windows of each era in a batch. */
export const windowsPerEra = 4;
const stepsOf: Readonly<Record<Budget, number>> = { full: 300, quick: 100 };
/** Batches of held-out windows that are measured: 256 windows of each era. */
const testBatches = 64;
const measureEvery = 10;

export interface LanguageTraining<R extends Router | RouterModule> {
  readonly router: R;
  readonly eras: readonly Era[];
  readonly seed: number;
  readonly budget: Budget;
  readonly signal?: AbortSignal | undefined;
  /** Adds to the loss of a step what balances, and returns the router of the next step if it has another one. */
  readonly balance: (
    loss: Tensor,
    statistics: RouterStatistics,
    router: R,
    key: Tensor,
  ) => { readonly loss: Tensor; readonly router?: R };
}

/** Trains the small language model on all eras and measures it on addresses that were held out. */
export function languagePart<R extends Router | RouterModule>(training: LanguageTraining<R>): Part {
  return { steps: stepsOf[training.budget], run: () => trainLanguageModel(training) };
}

async function* trainLanguageModel<R extends Router | RouterModule>({
  router,
  eras,
  seed,
  budget,
  signal,
  balance,
}: LanguageTraining<R>): AsyncGenerator<PartProgress, PartOutcome, void> {
  const steps = stepsOf[budget];
  let model = new MixtureLanguageModel(randomKey(seed), router);
  const history = new BalanceHistory();
  for await (const progress of trainBalanced({
    ...{ model, experts: languageExperts, steps, seed, signal },
    loss: (each: typeof model, windows: Tensor, key) => {
      const { loss, statistics } = languageLoss(each, windows);
      const found = balance(loss, statistics, each.mixture.router, key);
      const next = found.router && { model: each.withRouter(found.router) };
      return { loss: found.loss, task: loss, load: statistics.load, ...next };
    },
    optimizer: adam({ learningRate: cosineSchedule(1e-2, steps) }),
    batches: batchesBy((step) => drawWindows(eras, 'train', { windows: windowsPerEra, seed, step })),
  })) {
    history.add(progress);
    model = progress.model;
    if (progress.step % measureEvery === 0) yield { step: progress.step, metrics: recent(history) };
  }
  const { counts, ...metrics } = await measureLanguageModel(model, eras, seed);
  return {
    metrics: { ...metrics, ...recent(history) },
    exhibits: [
      history.exhibit('Text: load of each expert in training, 1 is an even share'),
      loadMap('Text: load of each expert by era, 1 is an even share', 'era, oldest first', counts),
    ],
  };
}

function recent(history: BalanceHistory) {
  const { loss, trainingMaxVio } = history.recent();
  return { textTrainingLoss: loss, textTrainingMaxVio: trainingMaxVio };
}

const measure = compile((model: MixtureLanguageModel<Router | RouterModule>, windows: Tensor) => {
  const { loss, statistics } = languageLoss(model, windows);
  const { experts } = statistics;
  const [eras, choices] = [windows.length(0), experts.length(1)];
  const byEra = experts.reshape([eras, experts.size / eras / choices, choices]);
  return { loss, dropped: droppedShare(statistics), counts: countChoices(byEra, languageExperts) };
});

/** Over 256 windows of each era. */
async function measureLanguageModel<R extends Router | RouterModule>(
  model: MixtureLanguageModel<R>,
  eras: readonly Era[],
  seed: number,
) {
  // In batches as training has them, since the room of experts depends on the size of the batch.
  let [loss, dropped] = [0, 0];
  let counts: Tensor | undefined;
  for (let step = 0; step < testBatches; step++) {
    const found = await measure(model, drawWindows(eras, 'test', { windows: windowsPerEra, seed, step }));
    loss += (await found.loss.item()) / testBatches;
    dropped += (await found.dropped.item()) / testBatches;
    counts = counts ? counts.add(found.counts) : found.counts;
  }
  const maxVio = await maxViolation(counts!.sum({ axis: 0 })).item();
  return {
    textLoss: loss,
    logTextLoss: Math.log(loss),
    textMaxVio: maxVio,
    // What is 0 has no logarithm.
    logTextMaxVio: Math.log(Math.max(maxVio, 1e-4)),
    dropped,
    logDropped: Math.log(Math.max(dropped, 1e-4)),
    textSpecialization: await specialization(counts!).item(),
    counts: (await counts!.toArray()) as number[][],
  };
}
