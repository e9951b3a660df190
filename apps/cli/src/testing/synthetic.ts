import { setTimeout } from 'node:timers/promises';
import { type Arm, defineExperiment, type Experiment, type Metrics, type Progress } from '@evenkeel/lab';
import { type Entry, registry } from '@evenkeel/methods/papers';

interface SyntheticOptions {
  readonly slug?: string;
  readonly stepMilliseconds?: number;
  /** What the method reaches; its claim asks for 0.8. */
  readonly top?: number;
  readonly live?: boolean;
}

/** Two arms that climb in ten even steps and learn nothing. */
export function syntheticExperiment(options: SyntheticOptions = {}): Experiment {
  const { slug = 'climb', stepMilliseconds = 0, top = 0.9, live = true } = options;
  const arm = (name: string, role: Arm['role'], reached: number): Arm => ({
    name,
    label: `${name} arm`,
    role,
    description: `climbs to ${reached}`,
    live: live || role === 'method',
    async *run({ seed, budget, signal }): AsyncGenerator<Progress, Metrics, void> {
      const steps = budget === 'quick' ? 5 : 10;
      const end = reached + seed / 100;
      for (let step = 1; step <= steps; step++) {
        if (stepMilliseconds > 0) await setTimeout(stepMilliseconds, undefined, signal && { signal });
        yield { step, steps, metrics: { score: (end * step) / steps } };
      }
      return { score: end, height: 100 * end };
    },
  });
  return defineExperiment({
    paper: slug,
    question: 'Which one climbs higher?',
    data: { description: 'none', load: () => undefined },
    arms: [arm('slope', 'baseline', 0.2), arm('ladder', 'method', top)],
    seeds: [3, 4, 5],
    metrics: [
      { name: 'score', label: 'score', unit: 'fraction', better: 'higher' },
      { name: 'height', label: 'height', unit: 'number', better: 'higher' },
    ],
    claims: [
      {
        statement: 'The ladder climbs higher.',
        conditions: [
          { metric: 'score', arm: 'ladder', over: 'mean', atLeast: 0.8 },
          { metric: 'score', arm: 'ladder', minus: 'slope', over: 'every-seed', atLeast: 0.5 },
        ],
      },
      { statement: 'It is safe.', notTested: 'Nobody fell.' },
    ],
    curves: ['score'],
    liveSeconds: 1,
  });
}

/** An entry for the experiment, with the facts of some paper under its own slug. */
export function syntheticEntry(experiment: Experiment): Entry {
  const { paper } = registry[0]!;
  const { arxivId: _, ...facts } = paper;
  return {
    paper: { ...facts, slug: experiment.paper, title: `About ${experiment.paper}` },
    experiment: async () => experiment,
  };
}

/** A paper that is in the catalogue and has no experiment. */
export const paperOnly: Entry = { paper: registry.find((entry) => entry.paper.slug === 'bytescale')!.paper };
