import { randomSource } from '@evenkeel/nn';
import { mapTree, type Tensor, take, tensor } from '@evenkeel/tensor';
import type { Neighborhoods } from './neighbors.js';

/** Samples with their answers: a tree of tensors with the samples as their first axis. */
export interface LabelledSamples {
  /** int32 `[n]` */
  readonly labels: Tensor;
}

/** Neighbourhoods, however they were found. */
export type Neighbors = Omit<Neighborhoods, 'sigma'>;

export interface Batch<Samples> {
  readonly samples: Samples;
  readonly neighbors: Tensor;
  readonly weights: Tensor;
  /** Of the model before tuning, row by row of the samples; only for the target `initial`. */
  readonly initial?: Tensor;
}

/** The samples of each step: all of them, or batches of epochs in random orders. */
export function* batchRows({
  data,
  batchSize,
  seed = 0,
}: {
  readonly data: LabelledSamples;
  readonly batchSize?: number;
  readonly seed?: number;
}): Generator<readonly number[] | undefined, never, void> {
  const count = data.labels.length(0);
  if (batchSize === undefined || batchSize >= count) for (;;) yield undefined;
  for (let epoch = 0; ; epoch++) {
    const order = Array.from(randomSource(seed).fork(epoch).permutation(count));
    for (let at = 0; at + batchSize <= count; at += batchSize) yield order.slice(at, at + batchSize);
  }
}

/** All samples, or those of the rows: with their neighbours behind them, unless nothing draws them there. */
export function batchOf<Samples extends LabelledSamples>(
  samples: Samples,
  { lists, neighbors, weights }: Neighbors,
  rows: readonly number[] | undefined,
  { initial, alone }: { readonly initial?: Tensor | undefined; readonly alone: boolean },
): Batch<Samples> {
  if (!rows) return { samples, neighbors, weights, ...(initial && { initial }) };
  const most = neighbors.length(1);
  const own = rows.map((i) => Array.from({ length: most }, (_, at) => lists[i]![at] ?? -1));
  const beside = alone ? [] : own.flat().map((j) => Math.max(0, j));
  const all = tensor([...rows, ...beside], 'int32');
  const places = own.map((list, i) =>
    list.map((j, at) => (alone || j < 0 ? -1 : rows.length + i * most + at)),
  );
  return {
    samples: mapTree((leaf) => take(leaf, all), samples),
    neighbors: tensor(places, 'int32'),
    weights: take(weights, tensor([...rows], 'int32')),
    ...(initial && { initial: take(initial, all) }),
  };
}
