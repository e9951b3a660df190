import { setImmediate } from 'node:timers/promises';
import type { Experiment, Run, RunEvent } from '@evenkeel/lab';
import type { Entry, Example } from '@evenkeel/methods/papers';
import { refuseUnknown, UsageError } from './errors.js';

/** What there is to run: papers, some of them with an experiment, and examples. */
export interface Catalogue {
  readonly registry: readonly Entry[];
  readonly examples: readonly Example[];
}

/** Slugs of the papers and examples that have an experiment, papers first. */
export function runnable({ registry, examples }: Catalogue): string[] {
  const papers = registry.filter((entry) => entry.experiment).map((entry) => entry.paper.slug);
  return [...papers, ...examples.map((example) => example.slug)];
}

/**
 * The loader of the experiment of a paper or an example.
 * @throws UsageError for an unknown slug and for a paper that has no experiment.
 */
export function findExperiment(
  catalogue: Catalogue,
  command: string,
  slug: string,
): () => Promise<Experiment> {
  const where = `${command}: SLUG`;
  const { registry, examples } = catalogue;
  const loaders = new Map([
    ...registry.map((entry) => [entry.paper.slug, entry.experiment] as const),
    ...examples.map((example) => [example.slug, example.experiment] as const),
  ]);
  refuseUnknown(where, slug, 'a paper or an example', [...loaders.keys()]);
  const experiment = loaders.get(slug);
  if (experiment) return experiment;
  const those = runnable(catalogue).join(', ') || 'none';
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
