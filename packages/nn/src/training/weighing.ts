import { leavesOf, Tensor } from '@evenkeel/tensor';

/**
 * How many samples a batch has: the sum of its `mask` where it is a record with one, as padded batches are; otherwise the
 * length of the first axis of its first tensor that has axes, and 1 where none has.
 */
export async function samplesIn(batch: unknown): Promise<number> {
  const mask = typeof batch === 'object' && batch !== null && 'mask' in batch ? batch.mask : undefined;
  if (mask instanceof Tensor && mask.rank > 0) {
    const marks: Iterable<number | bigint> = await mask.data();
    let samples = 0;
    for (const mark of marks) samples += Number(mark);
    return samples;
  }
  return (
    leavesOf(batch)
      .find(({ rank }) => rank > 0)
      ?.length(0) ?? 1
  );
}

/** Means by name in which every value counts as often as its batch has samples. */
export class WeighedMeans {
  samples: number;
  readonly sums: Record<string, number>;

  constructor(samples = 0, sums: Readonly<Record<string, number>> = {}) {
    this.samples = samples;
    this.sums = { ...sums };
  }

  add(samples: number, values: Readonly<Record<string, number>>): void {
    if (samples === 0) return;
    this.samples += samples;
    for (const [name, value] of Object.entries(values)) {
      this.sums[name] = (this.sums[name] ?? 0) + samples * value;
    }
  }

  means(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.sums).map(([name, sum]) => [name, sum / this.samples]));
  }
}

/** Scalars as numbers. */
export async function numbers(scalars: Readonly<Record<string, Tensor>>): Promise<Record<string, number>> {
  const entries = Object.entries(scalars).map(async ([name, value]) => [name, await value.item()] as const);
  return Object.fromEntries(await Promise.all(entries));
}
