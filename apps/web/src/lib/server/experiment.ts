import { experimentOf } from '../run/experiments.js';
import { type ExperimentMeta, experimentMeta } from '../run/meta.js';

/** What a page shows of an experiment before it runs; undefined where the paper is not implemented here. */
export async function describeExperiment(slug: string): Promise<ExperimentMeta | undefined> {
  const load = experimentOf(slug);
  return load && experimentMeta(await load());
}
