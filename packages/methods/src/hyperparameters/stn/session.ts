import { copy, leavesOf, randomKey, splitKey, type Tensor, tensor } from '@evenkeel/tensor';
import type { SelfTuningOptions } from './options.js';
import type { TunedState } from './perturbation.js';
import { startOf, stepsOf } from './steps.js';
import { requireApart, Stream } from './stream.js';

/** Where a hyperparameter stands. */
export interface TunedValue {
  /** λ, unconstrained. */
  readonly lambda: number;
  /** r(λ), which regularizers use. */
  readonly value: number;
  /** σ, the standard deviation of the perturbation of λ. */
  readonly scale: number;
}

/** A tree that is trained, with the state of its optimizer. */
interface Trained<Tree> {
  readonly model: Tree;
  readonly state: unknown;
}

const numbersOf = async (x: Tensor): Promise<number[]> => Array.from(await x.data(), Number);

/** A run of self-tuning: network and hyperparameters, which steps change in turn. */
export class Session<Model, Batch, Name extends string> {
  readonly #options: SelfTuningOptions<Model, Batch, Name>;
  readonly #steps: ReturnType<typeof stepsOf<Model, Batch, Name>>;
  readonly #batches: { readonly train: Stream<Batch>; readonly validation: Stream<Batch> };
  readonly #keys: { readonly train: Tensor; readonly validation: Tensor };
  readonly #taken = { train: 0, validation: 0 };
  #weights: Trained<Model>;
  #tuned: Trained<TunedState>;
  /** The tensors of the last training batch. */
  #trainedOn: readonly Tensor[] = [];

  private constructor(
    options: SelfTuningOptions<Model, Batch, Name>,
    steps: ReturnType<typeof stepsOf<Model, Batch, Name>>,
    [weights, tuned]: readonly [Trained<Model>, Trained<TunedState>],
  ) {
    const [train, validation] = splitKey(options.key ?? randomKey(0));
    this.#options = options;
    this.#steps = steps;
    this.#batches = {
      train: new Stream('batches', options.batches),
      validation: new Stream('validationBatches', options.validationBatches),
    };
    this.#keys = { train, validation };
    this.#weights = weights;
    this.#tuned = tuned;
  }

  static async start<Model, Batch, Name extends string>(
    options: SelfTuningOptions<Model, Batch, Name>,
  ): Promise<Session<Model, Batch, Name>> {
    const { model, hyperparameters, sigma0 = 0.5 } = options;
    const steps = stepsOf(options);
    const tuned = await startOf(hyperparameters, model, sigma0);
    return new Session(options, steps, [
      await copy({ model, state: steps.weightOptimizer.init(model) }),
      await copy({ model: tuned, state: steps.tuningOptimizer.init(tuned) }),
    ]);
  }

  get model(): Model {
    return this.#weights.model;
  }

  get lambda(): Tensor {
    return this.#tuned.model.lambda;
  }

  /** A step of the weights: the loss before it, and what else was reported. */
  async train(): Promise<{ loss: number; metrics: Record<string, number> }> {
    const { model, state } = this.#weights;
    const [tuned, key] = [this.#tuned.model, this.#keys.train];
    const index = tensor(this.#taken.train, 'int32');
    const given = await this.#batches.train.next();
    const batch = await this.#augmented(given, index);
    const { loss, metrics, ...next } = await this.#steps.train(model, state, { tuned, batch }, key, index);
    this.#weights = next;
    this.#trainedOn = leavesOf(given);
    this.#taken.train++;
    return { loss: await finite('training', loss), metrics: await this.#numbers(metrics) };
  }

  /** A step of λ and s: the validation loss before it. */
  async validate(): Promise<number> {
    const { model: tuned, state } = this.#tuned;
    const [model, key] = [this.#weights.model, this.#keys.validation];
    const index = tensor(this.#taken.validation, 'int32');
    const batch = await this.#batches.validation.next();
    requireApart(this.#trainedOn, batch);
    const { metrics, loss, ...next } = await this.#steps.validate(tuned, state, { model, batch }, key, index);
    this.#tuned = next;
    this.#taken.validation++;
    await finite('validation', loss);
    return metrics.validationLoss!.item();
  }

  /** Where the hyperparameters stand. */
  async hyperparameters(): Promise<Record<Name, TunedValue>> {
    const { lambda, value, scale } = await this.#steps.describe(this.#tuned.model);
    const [lambdas, values, scales] = await Promise.all([lambda, value, scale].map(numbersOf));
    return Object.fromEntries(
      Object.keys(this.#options.hyperparameters).map((name, i) => [
        name,
        { lambda: lambdas![i], value: values![i], scale: scales![i] },
      ]),
    ) as Record<Name, TunedValue>;
  }

  async close(): Promise<void> {
    const { train, validate, valuesOf, describe } = this.#steps;
    await Promise.all([train, validate, valuesOf, describe].map((program) => program.release()));
    await this.#batches.train.close();
    await this.#batches.validation.close();
  }

  async #augmented(batch: Batch, index: Tensor): Promise<Batch> {
    const { augment } = this.#options;
    if (!augment) return batch;
    const values = await this.#steps.valuesOf(this.#tuned.model, batch, this.#keys.train, index);
    const entries = Object.entries(values).map(
      async ([name, each]) => [name, await numbersOf(each)] as const,
    );
    const byName = Object.fromEntries(await Promise.all(entries)) as Record<Name, number[]>;
    return augment(batch, byName, this.#taken.train);
  }

  async #numbers(scalars: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
    const entries = Object.entries(scalars).map(async ([name, each]) => [name, await each.item()] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
}

async function finite(kind: string, loss: Tensor): Promise<number> {
  const value = await loss.item();
  if (!Number.isFinite(value)) throw new RangeError(`selfTuning: the ${kind} loss is ${value}`);
  return value;
}
