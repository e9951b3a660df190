import type { Batches } from '@evenkeel/nn';
import { leavesOf, type Tensor } from '@evenkeel/tensor';

/** Batches, one at a time when they are asked for. */
export class Stream<Batch> {
  readonly #name: string;
  readonly #iterator: AsyncIterator<Batch> | Iterator<Batch>;
  #taken = 0;

  constructor(name: string, batches: Batches<Batch>) {
    const iterable = 'batchesFrom' in batches ? batches.batchesFrom(0) : batches;
    this.#name = name;
    this.#iterator =
      Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  }

  /** @throws RangeError when there is none left, or it has no samples */
  async next(): Promise<Batch> {
    const { done, value } = await this.#iterator.next();
    if (done) {
      const got = this.#taken === 0 ? 'no batch' : `only ${this.#taken}`;
      throw new RangeError(`selfTuning: ${this.#name}: got ${got}, expected one for each step`);
    }
    if (leavesOf(value).some(({ size }) => size === 0)) {
      throw new RangeError(`selfTuning: ${this.#name}: got a batch without samples, expected at least one`);
    }
    this.#taken++;
    return value;
  }

  /** Lets what reads ahead know that no more is wanted. */
  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/** @throws RangeError when a validation batch has tensors that were trained on */
export function requireApart(trainedOn: readonly Tensor[], batch: unknown): void {
  if (leavesOf(batch).some((leaf) => trainedOn.includes(leaf))) {
    throw new RangeError('selfTuning: validationBatches: got a training batch, expected samples held out');
  }
}
