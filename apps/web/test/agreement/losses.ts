import { registry } from '@evenkeel/methods/papers';

/** The training losses of the first steps of grokking-edge's live arms, seed 0. */
export async function firstLosses(steps: number): Promise<Record<string, number[]>> {
  const experiment = await registry.find(({ paper }) => paper.slug === 'grokking-edge')!.experiment!();
  const data = await experiment.data.load({ seed: 0, budget: 'full' });
  const losses: Record<string, number[]> = {};
  for (const arm of experiment.arms.filter(({ live }) => live)) {
    const own: number[] = [];
    losses[arm.name] = own;
    for await (const { metrics } of arm.run({ data, seed: 0, budget: 'full' })) {
      own.push(metrics.loss!);
      if (own.length === steps) break;
    }
  }
  return losses;
}
