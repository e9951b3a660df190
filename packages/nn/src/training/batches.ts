/** Where batches come from, at any step, which is what makes a run resumable. They have no end unless it says otherwise. */
export interface BatchSource<Batch> {
  /** Batches that make an epoch, if there are epochs. */
  readonly batchesPerEpoch?: number;
  /** The batches from a step on, 0 for the first: the same ones whenever it is asked. */
  batchesFrom(step: number): AsyncIterable<Batch> | Iterable<Batch>;
}

/** Trees of tensors, one a step: from a source, such as a `loader`, or one after the other. */
export type Batches<Batch> = Iterable<Batch> | AsyncIterable<Batch> | BatchSource<Batch>;

/** The same batch for ever. */
export function* repeat<Batch>(batch: Batch): Generator<Batch, never, void> {
  while (true) yield batch;
}

/** What is no source is gone through from its beginning, and what comes before the step is left out. */
export function sourceOf<Batch>(batches: Batches<Batch>): BatchSource<Batch> {
  if ('batchesFrom' in batches) return batches;
  return {
    async *batchesFrom(step) {
      let skipped = 0;
      for await (const batch of batches) if (skipped++ >= step) yield batch;
    },
  };
}

/** The batches of the first epoch, or all there are where there are no epochs. @throws RangeError for an endless source */
export async function* onePass<Batch>(
  user: string,
  batches: Batches<Batch>,
): AsyncGenerator<Batch, void, void> {
  if (!('batchesFrom' in batches)) {
    yield* batches;
    return;
  }
  const { batchesPerEpoch } = batches;
  if (batchesPerEpoch === undefined) {
    throw new RangeError(`${user}: the source must say how many batches an epoch has (batchesPerEpoch)`);
  }
  let passed = 0;
  for await (const batch of batches.batchesFrom(0)) {
    yield batch;
    if (++passed === batchesPerEpoch) return;
  }
}
