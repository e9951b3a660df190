import type { Experiment } from '@evenkeel/lab';
import { examples, findPaper } from '@evenkeel/methods/papers';

/** The loader of the experiment of a paper or a reference experiment; undefined where there is none. */
export const experimentOf = (slug: string): (() => Promise<Experiment>) | undefined =>
  findPaper(slug)?.experiment ?? examples.find((example) => example.slug === slug)?.experiment;
