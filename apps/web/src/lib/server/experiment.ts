import { findPaper } from '@evenkeel/methods/papers';
import { type ExperimentMeta, experimentMeta } from '../run/meta.js';

/** What a page shows of a paper's experiment before it runs; undefined where the paper is not implemented here. */
export async function describeExperiment(slug: string): Promise<ExperimentMeta | undefined> {
  const load = findPaper(slug)?.experiment;
  return load && experimentMeta(await load());
}
