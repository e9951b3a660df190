import type { Metrics, Progress } from '@evenkeel/lab';
import {
  accuracy,
  type Columns,
  chain,
  decayWeights,
  type GradientTransform,
  type GreyImages,
  type LossReport,
  loader,
  type Sequential,
  sgd,
  type TensorBatch,
  train,
} from '@evenkeel/nn';
import { compile, greaterEqual, type Tensor, where } from '@evenkeel/tensor';
import type { GatedNetwork, GateMasks } from './index.js';

export type Batch = TensorBatch<GreyImages>;

/** SGD with momentum 0.9, and with weight decay if asked, whose rate falls tenfold for the last steps. */
export const descent = (
  rate: number,
  { fallsAt, decay = 0 }: { readonly fallsAt: number; readonly decay?: number },
): GradientTransform => {
  const schedule = (step: Tensor) => where(greaterEqual(step, fallsAt), 0.1 * rate, rate).cast(step.dtype);
  const descend = sgd({ learningRate: schedule, momentum: 0.9 });
  return decay > 0 ? chain(decayWeights(decay), descend) : descend;
};

/** Training of a network for some epochs, one of several that follow each other. */
export interface Stage<Model> {
  readonly model: Model;
  readonly digits: Columns<GreyImages>;
  /** Of the order of the digits. */
  readonly seed: number;
  readonly epochs: number;
  /** Steps that were taken before this stage. */
  readonly after: number;
  readonly loss: (model: Model, batch: Batch) => Tensor | LossReport<Model>;
  /** @param steps of the stage */
  readonly optimizer: (steps: number) => GradientTransform;
  /** What to report after each epoch. */
  readonly measure: (model: Model) => Promise<Metrics>;
  readonly signal: AbortSignal | undefined;
}

/** Batches of 64. */
export const batchSize = 64;

/** How far a stage is, counted in steps from the beginning of all. */
export type StageProgress = Pick<Progress, 'step' | 'metrics'>;

/** Trains, and returns the trained model. Steps are counted on from those before. */
export async function* trainStage<Model>(stage: Stage<Model>): AsyncGenerator<StageProgress, Model, void> {
  const { digits, seed, epochs, after, loss, optimizer, measure, signal } = stage;
  const batches = loader(digits, { batchSize, seed });
  const steps = epochs * batches.batchesPerEpoch;
  let { model } = stage;
  let metrics: Metrics = {};
  for await (const progress of train({ model, loss, optimizer: optimizer(steps), batches, steps, signal })) {
    const { step } = progress;
    model = progress.model;
    const isMeasured = step % batches.batchesPerEpoch === 0;
    if (isMeasured) metrics = await measure(model);
    if (isMeasured || step % 20 === 0) yield { step: after + step, metrics };
  }
  return model;
}

const dense = compile((model: Sequential, { images, labels }: Batch) => accuracy(model.call(images), labels));

export const accuracyOf = async (model: Sequential, digits: Batch): Promise<number> =>
  Number(await (await dense(model, digits)).item());

const gated = compile((model: GatedNetwork, { images, labels }: Batch, mask: GateMasks) => {
  const { output, gates } = model.pass(images, { mask });
  return { testAccuracy: accuracy(output, labels), last: gates.at(-1)!.mask };
});

/** The accuracy of a network with gates, and which filters of the last gate each digit uses: `[n, filters]`. */
export async function classify(model: GatedNetwork, digits: Batch, mask: GateMasks) {
  const { testAccuracy, last } = await gated(model, digits, mask);
  return { testAccuracy: Number(await testAccuracy.item()), used: await last.data() };
}

/** Work that several arms need: it is done once, by whichever of them goes on. */
export class Shared<Result> {
  readonly #begin: () => AsyncGenerator<StageProgress, Result, void>;
  #work: AsyncGenerator<StageProgress, Result, void> | undefined;
  #result: { readonly value: Result } | undefined;

  constructor(begin: () => AsyncGenerator<StageProgress, Result, void>, signal: AbortSignal | undefined) {
    this.#begin = begin;
    // Nobody may go on with it then: what it holds is released.
    signal?.addEventListener('abort', () => this.#work?.return(undefined as never), { once: true });
  }

  /** Goes on where the work stands, and returns what came of it. Work that has failed begins anew. */
  async *get(): AsyncGenerator<StageProgress, Result, void> {
    while (!this.#result) {
      this.#work ??= this.#begin();
      const next = await this.#work.next().catch((error: unknown) => {
        this.#work = undefined;
        throw error;
      });
      if (next.done) this.#result = { value: next.value };
      else yield next.value;
    }
    return this.#result.value;
  }
}
