import { setTimeout } from 'node:timers/promises';
import type { Experiment } from '@evenkeel/lab';
import type { Catalogue } from '../experiments.js';
import { syntheticEntry, syntheticExperiment } from './synthetic.js';

const slow = (slug: string) => syntheticExperiment({ slug, stepMilliseconds: 15 });

/** The experiment with something that happens first in the arm `ladder` with seed 4. */
function withMishap(experiment: Experiment, mishap: () => unknown): Experiment {
  const arms = experiment.arms.map((arm) => ({
    ...arm,
    async *run(context: Parameters<typeof arm.run>[0]) {
      if (arm.name === 'ladder' && context.seed === 4) await mishap();
      return yield* arm.run(context);
    },
  }));
  return { ...experiment, arms };
}

function crash(): never {
  console.error('the last words');
  process.exit(3);
}

/** Keeps its process alive and says nothing. */
const hang = () => setTimeout(2 ** 31 - 1);

/** Never lets its thread go. */
function spin(): never {
  for (;;);
}

/** Experiments slow enough to be stopped half way; some of them come to grief. */
export const syntheticCatalogue: Catalogue = {
  registry: [
    slow('climb'),
    slow('stroll'),
    withMishap(slow('crash'), crash),
    withMishap(slow('hang'), hang),
    withMishap(slow('spin'), spin),
  ].map(syntheticEntry),
  examples: [],
};
