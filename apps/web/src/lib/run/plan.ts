import { type Budget, formatMetric } from '@evenkeel/lab';
import type { ExperimentMeta } from './meta.js';
import { counted, inWords } from './words.js';

/** Seconds that a run of some of the arms takes, from what the experiment says of its live ones. */
export function expectedLiveSeconds(
  { arms, liveSeconds }: ExperimentMeta,
  chosen: readonly string[],
): number {
  const live = arms.filter((arm) => arm.live).length;
  return live === 0 ? liveSeconds : (liveSeconds * chosen.length) / live;
}

/** What pressing Run will do, in one line. */
export function planSentence(
  experiment: ExperimentMeta,
  { chosen, budget, loaded }: { chosen: readonly string[]; budget: Budget; loaded: boolean },
): string {
  const time = formatMetric(expectedLiveSeconds(experiment, chosen), { unit: 'seconds' });
  const networks = `${inWords(chosen.length)} ${chosen.length === 1 ? 'network' : 'networks'}`;
  const about = budget === 'full' ? 'about' : 'less than';
  const runtime = loaded ? '' : '; about 3\u00a0MB of runtime to load once';
  return `Trains ${networks} for ${about} ${time} in this tab; nothing leaves your computer${runtime}.`;
}

/** How many threads a run will use, and why. */
export function threadsSentence(isolated: boolean, threads: number): string {
  if (!isolated)
    return 'This page is not isolated from other sites, so training has one thread and may be slower.';
  return `Uses ${counted(threads, 'thread')}.`;
}

/** What is wrong with the options of the next run; undefined when nothing is. */
export function problemWith(seed: number | null, chosen: readonly string[]): string | undefined {
  if (seed === null || !Number.isSafeInteger(seed) || seed < 0)
    return 'The seed has to be a whole number from 0.';
  if (chosen.length === 0) return 'Pick at least one arm to run.';
  return undefined;
}
