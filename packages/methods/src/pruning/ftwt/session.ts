import {
  type Columns,
  crossEntropy,
  frozen,
  type GreyImages,
  type Sequential,
  select,
  toTensors,
} from '@evenkeel/nn';
import { foldIn, randomKey, type Tensor } from '@evenkeel/tensor';
import { stridedNetwork } from '../stridedNetwork.js';
import {
  type GatedNetwork,
  type GateMasks,
  gateNetwork,
  gateOptimizer,
  maskLoss,
  type NetworkPass,
} from './index.js';
import {
  accuracyOf,
  type Batch,
  batchSize,
  classify,
  descent,
  Shared,
  type StageProgress,
  trainStage,
} from './training.js';

/** Passes through the training digits: of the dense network, of the heads, and of each half of fine-tuning. */
export interface Epochs {
  readonly dense: number;
  readonly heads: number;
  readonly half: number;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly train: Columns<GreyImages>;
  readonly test: Columns<GreyImages>;
  readonly seed: number;
  readonly epochs: Epochs;
  readonly signal: AbortSignal | undefined;
}

type Training<Model> = AsyncGenerator<StageProgress, Model, void>;

const [denseRate, tuningRate, headRate] = [0.05, 0.01, 0.1];
/** With a softmax the features are near 1 / channels, and smaller rates take more epochs. */
const softmaxHeadRate = 1;
const decay = 5e-4;
/** Share of the responses that targets keep. */
const ratio = 0.7;

const maskLossOf = ({ gates }: NetworkPass): Tensor =>
  maskLoss(
    gates.map(({ logits }) => logits),
    gates.map(({ target }) => target),
  );

/** What one seed trains: a dense network, heads on it, and both of them fine-tuned. Arms share it. */
export class Session {
  readonly dense: Shared<Sequential>;
  /** Heads on the dense network as it is, which see how channels respond. */
  readonly heads: Shared<GatedNetwork>;
  /** The same behind a softmax over the channels. */
  readonly softmaxHeads: Shared<GatedNetwork>;
  /** Those heads, without softmax, and the network, fine-tuned together. */
  readonly tuned: Shared<GatedNetwork>;
  readonly test: Batch;
  readonly labels: ArrayLike<number>;
  readonly seed: number;
  /** Steps that have been taken when a training is over. */
  readonly steps: Readonly<Record<'dense' | 'heads' | 'tuned' | 'tunedAfter', number>>;
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    const { train, test, seed, epochs, signal } = options;
    this.#options = options;
    this.dense = new Shared(() => this.#trainDense(), signal);
    this.heads = new Shared(() => this.#trainHeads(false), signal);
    this.softmaxHeads = new Shared(() => this.#trainHeads(true), signal);
    this.tuned = new Shared(() => this.#tuneAll(), signal);
    this.seed = seed;
    this.test = toTensors(test.columns);
    this.labels = test.columns.labels.data;
    const perEpoch = Math.floor(train.length / batchSize);
    const dense = epochs.dense * perEpoch;
    const heads = dense + epochs.heads * perEpoch;
    const tuning = 2 * epochs.half * perEpoch;
    this.steps = { dense, heads, tuned: heads + tuning, tunedAfter: heads + 2 * tuning };
  }

  /** The first training digits. */
  samples(count: number): Tensor {
    return toTensors(select(this.#options.train, [...Array(count).keys()]).columns).images;
  }

  /** The network with gates behind its second and third convolution: the first one reads a single channel. */
  gated(dense: Sequential, softmax = false): GatedNetwork {
    const key = foldIn(randomKey(this.seed), 1);
    return gateNetwork(key, dense, { target: { type: 'mass', r: ratio }, first: false, softmax });
  }

  /**
   * Fine-tunes a network behind the masks that heads predict, which learn in the first half and stay as they are in the
   * second; or behind given ones, without heads.
   * @param after steps that were taken before
   */
  async *tune(start: GatedNetwork, mask: GateMasks, after: number): Training<GatedNetwork> {
    const learns = mask === 'predicted';
    const { half } = this.#options.epochs;
    const lossOf =
      (withHeads: boolean) =>
      (model: GatedNetwork, { images, labels }: Batch) => {
        const pass = model.pass(images, { mask, training: true });
        const loss = crossEntropy(pass.output, labels);
        return { loss: withHeads ? loss.add(maskLossOf(pass)) : loss, model: pass.network };
      };
    const measure = async (model: GatedNetwork) => ({
      testAccuracy: (await classify(model, this.test, mask)).testAccuracy,
    });
    const model = yield* trainStage({
      ...this.#stage(3, half, after),
      model: start,
      loss: lossOf(learns),
      measure,
      optimizer: (steps) =>
        gateOptimizer({
          backbone: descent(tuningRate, { fallsAt: steps, decay }),
          heads: learns ? descent(headRate, { fallsAt: steps }) : frozen,
        }),
    });
    const middle = after + (this.steps.tuned - this.steps.heads) / 2;
    return yield* trainStage({
      ...this.#stage(4, half, middle),
      model,
      loss: lossOf(false),
      measure,
      optimizer: (steps) =>
        gateOptimizer({
          backbone: descent(tuningRate, { fallsAt: steps - steps / half, decay }),
          heads: frozen,
        }),
    });
  }

  /** What a stage is made of, whichever it is. Each has its own order of the digits. */
  #stage(number: number, epochs: number, after: number) {
    const { train, seed, signal } = this.#options;
    return { digits: train, seed: 10 * seed + number, epochs, after, signal };
  }

  async *#trainDense(): Training<Sequential> {
    return yield* trainStage({
      ...this.#stage(1, this.#options.epochs.dense, 0),
      model: stridedNetwork(randomKey(this.seed), [16, 32, 32]),
      loss: (model: Sequential, { images, labels }) => {
        const [logits, next] = model.train(images);
        return { loss: crossEntropy(logits, labels), model: next };
      },
      optimizer: (steps) => descent(denseRate, { fallsAt: Math.floor(0.7 * steps), decay }),
      measure: async (model) => ({ testAccuracy: await accuracyOf(model, this.test) }),
    });
  }

  /** The network stays as it is, with its running statistics. */
  async *#trainHeads(softmax: boolean): Training<GatedNetwork> {
    const { heads: epochs } = this.#options.epochs;
    const dense = yield* this.dense.get();
    const rate = softmax ? softmaxHeadRate : headRate;
    return yield* trainStage({
      ...this.#stage(2, epochs, this.steps.dense),
      model: this.gated(dense, softmax),
      loss: (model: GatedNetwork, { images }) => maskLossOf(model.pass(images)),
      optimizer: (steps) => gateOptimizer({ heads: descent(rate, { fallsAt: steps - steps / epochs }) }),
      measure: async (model) => ({
        testAccuracy: (await classify(model, this.test, 'predicted')).testAccuracy,
      }),
    });
  }

  async *#tuneAll(): Training<GatedNetwork> {
    return yield* this.tune(yield* this.heads.get(), 'predicted', this.steps.heads);
  }
}
