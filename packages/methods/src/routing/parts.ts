import type { Exhibit, Metrics, Outcome, Progress } from '@evenkeel/lab';

/** One of the things that an arm tries, one after the other. */
export interface Part {
  /** Steps that it counts. */
  readonly steps: number;
  run(): AsyncGenerator<PartProgress, PartOutcome, void>;
}

export interface PartProgress {
  /** From 1. */
  readonly step: number;
  readonly metrics: Metrics;
  readonly exhibits?: readonly Exhibit[];
}

export interface PartOutcome {
  readonly metrics: Metrics;
  readonly exhibits?: readonly Exhibit[];
}

/** Runs parts in their order as one arm: steps are counted through, and what they find comes back together. */
export async function* inTurn(parts: readonly Part[]): AsyncGenerator<Progress, Outcome, void> {
  const steps = parts.reduce((total, part) => total + part.steps, 0);
  let before = 0;
  const metrics: Record<string, number> = {};
  const exhibits: Exhibit[] = [];
  for (const part of parts) {
    const running = part.run();
    try {
      let next = await running.next();
      for (; !next.done; next = await running.next()) {
        yield { ...next.value, step: before + next.value.step, steps };
      }
      Object.assign(metrics, next.value.metrics);
      exhibits.push(...(next.value.exhibits ?? []));
    } finally {
      await running.return(undefined as never);
    }
    before += part.steps;
  }
  return { metrics, exhibits };
}
