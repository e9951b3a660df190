import type { Experiment } from './experiment.js';
import { findRun, findValue } from './findRun.js';
import { judge, paperVerdict } from './judge.js';
import type { Machine, Results, Run } from './results.js';
import { summarize } from './summarize.js';

/** Where and when the runs were made. */
export interface Recorded {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
}

/**
 * Judges an experiment that has run with the full budget and puts together what is recorded of it.
 * @throws RangeError when the run of an arm with one of the experiment's seeds is missing or there twice.
 */
export function buildResults(experiment: Experiment, runs: readonly Run[], recorded: Recorded): Results {
  const { paper, question, seeds, metrics, curves } = experiment;
  const claims = judge(experiment, runs);
  const arms = experiment.arms.map(({ name, label, role, description }) => {
    const ofArm = seeds.map((seed, i) => withExhibits(findRun(runs, name, seed), i === 0));
    const summaries = metrics.map((metric) => [
      metric.name,
      summarize(seeds.map((seed) => findValue(runs, name, seed, metric.name))),
    ]);
    return {
      name,
      label,
      role,
      description,
      metrics: Object.fromEntries(summaries),
      seconds: summarize(ofArm.map((run) => run.seconds)),
      runs: ofArm,
    };
  });
  return {
    format: 2,
    paper,
    question,
    data: experiment.data.description,
    verdict: paperVerdict(claims),
    claims,
    arms,
    seeds,
    metrics,
    curves,
    seconds: arms.flatMap((arm) => arm.runs).reduce((total, run) => total + run.seconds, 0),
    ...recorded,
  };
}

/** Exhibits are for looking, not for judging: one seed is enough, and as it is the first, none is picked. */
function withExhibits({ exhibits, ...run }: Run, kept: boolean): Run {
  return kept && exhibits ? { ...run, exhibits } : run;
}
