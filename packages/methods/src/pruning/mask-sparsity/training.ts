import type { ArmContext, Metrics, Progress } from '@evenkeel/lab';
import {
  accuracy,
  type Columns,
  chain,
  crossEntropy,
  decayWeights,
  type GradientTransform,
  type GreyImages,
  loader,
  momentum,
  type Sequential,
  scaleBySchedule,
  type TensorBatch,
  toTensors,
  train,
} from '@evenkeel/nn';
import { compile, greaterEqual, type Tensor, where } from '@evenkeel/tensor';
import { stridedNetwork } from '../stridedNetwork.js';

type Batch = TensorBatch<GreyImages>;

/** Digits to train on and to test on. */
export interface Digits {
  readonly train: Columns<GreyImages>;
  readonly test: Columns<GreyImages>;
}

const learningRate = 0.05;

export const network = (key: Tensor): Sequential => stridedNetwork(key, [8, 16, 32]);
export const call = (model: Sequential, images: Tensor): Tensor => model.call(images);
export const examples = [{ shape: [1, 1, 28, 28] }];

/** Stochastic gradient descent as in the paper: Nesterov momentum 0.9, and weight decay 1e-4 of everything, scales too. */
const descent = (rate: number, steps: number, falls: boolean): GradientTransform =>
  chain(
    decayWeights(1e-4),
    momentum(0.9, { nesterov: true }),
    scaleBySchedule((step) => {
      const factor = (after: number) => where(greaterEqual(step, Math.floor(after * steps)), 0.1, 1);
      return falls ? factor(0.6).mul(factor(0.85)).mul(-rate) : step.mul(0).sub(rate);
    }),
  );

const accuracyOf = compile((model: Sequential, { images, labels }: Batch) =>
  accuracy(model.call(images), labels),
);

/** One run of the pipeline: where it stands, and what came of it. */
export class Session {
  readonly #context: ArmContext<Digits>;
  readonly #total: number;
  readonly #test: Batch;
  #done = 0;
  #metrics: Metrics = {};

  constructor(context: ArmContext<Digits>, epochs: number) {
    this.#context = context;
    this.#total = epochs * this.#batches(0).batchesPerEpoch!;
    this.#test = toTensors(context.data.test.columns);
  }

  #batches(stage: number) {
    const { data, seed } = this.#context;
    return loader(data.train, { batchSize: 64, seed: 100 * seed + stage });
  }

  async accuracy(model: Sequential): Promise<number> {
    return Number(await (await accuracyOf(model, this.#test)).item());
  }

  /** Trains, and returns the model with the mean loss of the last epoch. */
  async *train(
    stage: number,
    model: Sequential,
    epochs: number,
    { penalty, rate = learningRate }: { penalty?: GradientTransform; rate?: number } = {},
  ): AsyncGenerator<Progress, { model: Sequential; loss: number }, void> {
    const batches = this.#batches(stage);
    const perEpoch = batches.batchesPerEpoch!;
    const steps = epochs * perEpoch;
    const own = descent(rate, steps, rate === learningRate);
    let losses: number[] = [];
    let trained = model;
    for await (const progress of train({
      model,
      loss: (each: Sequential, { images, labels }: Batch) => {
        const [logits, next] = each.train(images);
        return { loss: crossEntropy(logits, labels), model: next };
      },
      optimizer: penalty ? chain(penalty, own) : own,
      batches,
      steps,
      ...(this.#context.signal && { signal: this.#context.signal }),
    })) {
      losses.push(progress.loss);
      trained = progress.model;
      if (progress.step % perEpoch === 0) {
        const loss = losses.reduce((a, b) => a + b, 0) / losses.length;
        this.#metrics = { testAccuracy: await this.accuracy(trained), loss };
        if (progress.step < steps) losses = [];
      }
      if (progress.step % 20 === 0 || progress.step === steps)
        yield { step: this.#done + progress.step, steps: this.#total, metrics: this.#metrics };
    }
    this.#done += steps;
    return { model: trained, loss: this.#metrics.loss! };
  }
}
