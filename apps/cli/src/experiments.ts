import { setImmediate } from 'node:timers/promises';
import type { Experiment, Run, RunEvent } from '@evenkeel/lab';
import type { Entry } from '@evenkeel/methods/papers';
import { refuseUnknown, UsageError } from './errors.js';

/** Slugs of the papers that have an experiment. */
export function runnable(registry: readonly Entry[]): string[] {
  return registry.filter((entry) => entry.experiment).map((entry) => entry.paper.slug);
}

/**
 * The loader of a paper's experiment.
 * @throws UsageError for an unknown paper and for one that has no experiment.
 */
export function findExperiment(
  registry: readonly Entry[],
  command: string,
  slug: string,
): () => Promise<Experiment> {
  const where = `${command}: SLUG`;
  const slugs = registry.map((entry) => entry.paper.slug);
  refuseUnknown(where, slug, 'a paper', slugs);
  const { experiment } = registry.find((entry) => entry.paper.slug === slug)!;
  if (experiment) return experiment;
  const those = runnable(registry).join(', ') || 'none';
  throw new UsageError(`${where}: ${slug} has no experiment yet; those that run: ${those}`);
}

/** Milliseconds that an experiment may compute before signals and the screen get their turn. */
const breathEvery = 50;

/** Listens to a run until it ends and returns its runs. */
export async function follow(
  events: AsyncGenerator<RunEvent, readonly Run[], void>,
  listen: (event: RunEvent) => void | Promise<void>,
): Promise<readonly Run[]> {
  let lastBreath = performance.now();
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      await listen(next.value);
      if (performance.now() - lastBreath < breathEvery) continue;
      await setImmediate();
      lastBreath = performance.now();
    }
  } finally {
    await events.return([]);
  }
}
