import type { HeatMapExhibit } from '@evenkeel/lab';
import { type Batches, type GradientTransform, train } from '@evenkeel/nn';
import { cast, randomKey, type Tensor, zeros } from '@evenkeel/tensor';

/** What a step loses, how it loads experts, and, if balancing has state, the model with the next one. */
export interface BalancedLoss<Model> {
  /** What is minimized. */
  readonly loss: Tensor;
  /** Of that, what the task loses. */
  readonly task: Tensor;
  /** Counts of the experts `[experts]`. */
  readonly load: Tensor;
  readonly model?: Model;
}

export interface BalancedTraining<Model, Batch> {
  readonly model: Model;
  readonly loss: (model: Model, batch: Batch, key: Tensor) => BalancedLoss<Model>;
  readonly experts: number;
  readonly optimizer: GradientTransform;
  readonly batches: Batches<Batch>;
  readonly steps: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** Trains as `train` does and yields after each step how it loaded its experts too. */
export async function* trainBalanced<Model, Batch>({
  model: start,
  loss,
  experts,
  seed,
  ...options
}: BalancedTraining<Model, Batch>) {
  // The load comes back as state that stands beside the model.
  const model = { model: start, load: zeros([experts]) };
  for await (const progress of train({
    ...options,
    ...{ model, key: randomKey(seed) },
    loss: (given: typeof model, each: Batch, key) => {
      const { model: next = given.model, load, task, loss: whole } = loss(given.model, each, key);
      return { loss: whole, metrics: { task }, model: { model: next, load: cast(load, 'float32') } };
    },
  })) {
    const load = Array.from(await progress.model.load.data(), Number);
    yield { step: progress.step, task: progress.metrics.task!, load, model: progress.model.model };
  }
}

/** Batches that are made by the number of their step, from 0. */
export const batchesBy = <Batch>(make: (step: number) => Batch): Batches<Batch> => ({
  *batchesFrom(from) {
    for (let step = from; ; step++) yield make(step);
  },
});

/** Losses and loads of experts over time, to look at. */
export class BalanceHistory {
  readonly #losses: number[] = [];
  readonly #rows: number[][] = [];

  add({ task, load }: { readonly task: number; readonly load: readonly number[] }): void {
    const mean = load.reduce((sum, each) => sum + each, 0) / load.length;
    this.#losses.push(task);
    this.#rows.push(load.map((each) => each / mean));
  }

  /** Mean loss of the last 20 steps, and MaxVio of their loads together. */
  recent(): { loss: number; trainingMaxVio: number } {
    const losses = this.#losses.slice(-20);
    const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length;
    return { loss, trainingMaxVio: Math.max(...meanOf(this.#rows.slice(-20))) - 1 };
  }

  /** An expert a row; columns are means over equal stretches of time. 1 is an even share. */
  exhibit(title: string, columns = 60): HeatMapExhibit {
    const rows = this.#rows;
    const stretch = Math.ceil(rows.length / columns);
    const stretches = Array.from({ length: Math.ceil(rows.length / stretch) }, (_, i) =>
      meanOf(rows.slice(i * stretch, (i + 1) * stretch)),
    );
    const values = rows[0]!.map((_, k) => stretches.map((mean) => mean[k]!));
    const steps = stretch === 1 ? 'step' : `time, ${stretch} steps each`;
    return { kind: 'heat map', title, rowAxis: 'expert', columnAxis: steps, values };
  }
}

const meanOf = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);

/** Counts `[groups, experts]` as a picture: an expert a row, a group a column, 1 where the group uses experts evenly. */
export function loadMap(
  title: string,
  columnAxis: string,
  counts: readonly (readonly number[])[],
): HeatMapExhibit {
  const values = counts[0]!.map((_, k) =>
    counts.map((row) => (row[k]! * row.length) / row.reduce((sum, each) => sum + each, 0)),
  );
  return { kind: 'heat map', title, rowAxis: 'expert', columnAxis, values };
}

/** What scalars measure, by their names. */
export async function valuesOf<Name extends string>(
  scalars: Readonly<Record<Name, Tensor>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<Tensor>(scalars).map(async ([name, value]) => [name, await value.item()]);
  return Object.fromEntries(await Promise.all(entries));
}
