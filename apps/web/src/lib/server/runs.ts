import { registry } from '@evenkeel/methods/papers';

/** Slugs of the papers that run here. */
export const slugsThatRun = (): readonly string[] =>
  registry.filter(({ experiment }) => experiment !== undefined).map(({ paper }) => paper.slug);
