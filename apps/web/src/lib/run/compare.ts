import {
  formatMean,
  formatMetric,
  formatSigned,
  type Metric,
  type Results,
  type Role,
  type Run,
  summarize,
} from '@evenkeel/lab';
import { extent } from 'd3-array';
import type { RunRequest } from './messages.js';
import { type ExperimentMeta, headlineMetric } from './meta.js';
import { verdictMarks, writing } from './words.js';

/** The finding in one sentence: method beside baseline, or the one arm that ran. */
export function findingSentence(
  experiment: ExperimentMeta,
  { seed }: Pick<RunRequest, 'seed'>,
  runs: readonly Run[],
): string | undefined {
  const metric = headlineMetric(experiment);
  if (!metric) return undefined;
  const [first, second] = comparedArms(experiment, runs, metric);
  if (!first) return undefined;
  const said = (arm: Compared): string => `${arm.label} ${formatMetric(arm.value, metric)}`;
  const start = `With seed ${seed}, ${metric.label}: ${said(first)}`;
  if (!second) return `${start}.`;
  return `${start}, ${said(second)} (${formatSigned(first.value - second.value, metric)}).`;
}

/** What the same comparison gave when it was recorded, and where this run lies in it. */
export function recordedSentence(
  experiment: ExperimentMeta,
  { budget }: Pick<RunRequest, 'budget'>,
  runs: readonly Run[],
  results: Results | undefined,
): string | undefined {
  const metric = headlineMetric(experiment);
  if (!metric) return undefined;
  const [first, second] = comparedArms(experiment, runs, metric);
  if (!first) return undefined;
  const recorded = results ? recordedValues(results, metric, first.name, second?.name) : [];
  if (!results || recorded.length === 0)
    return 'One seed; there is no recorded result to compare it with yet.';

  const sure = formatMean(
    summarize(recorded),
    recorded.length,
    writing(metric, { signed: second !== undefined }),
  );
  const told = `the recorded result is ${sure} (${verdictMarks[results.verdict]} ${results.verdict})`;
  if (budget === 'quick') return `One seed and a smaller budget; ${told}, with the full budget.`;
  const here = second ? first.value - second.value : first.value;
  return `One seed; ${told}. ${placeAmong(recorded, here)}`;
}

/**
 * Values of a metric in the recorded runs, one for each seed: of `arm`, or its difference to `minus` where both were run
 * with that seed.
 */
export function recordedValues(results: Results, metric: Metric, arm: string, minus?: string): number[] {
  const valuesOf = (name: string): Map<number, number> => {
    const runs = results.arms.find((candidate) => candidate.name === name)?.runs ?? [];
    return new Map(runs.map((run) => [run.seed, run.metrics[metric.name] ?? Number.NaN]));
  };
  const subtracted = minus === undefined ? undefined : valuesOf(minus);
  return [...valuesOf(arm)]
    .map(([seed, value]) => (subtracted ? value - (subtracted.get(seed) ?? Number.NaN) : value))
    .filter(Number.isFinite);
}

interface Compared {
  readonly name: string;
  readonly label: string;
  readonly value: number;
}

/** The method and the baseline among the runs; without both, the first arm that has the metric. */
function comparedArms(experiment: ExperimentMeta, runs: readonly Run[], metric: Metric): Compared[] {
  const measured = experiment.arms.flatMap(({ name, label, role }) => {
    const value = runs.find((run) => run.arm === name)?.metrics[metric.name];
    return value === undefined ? [] : [{ name, label, role, value }];
  });
  const withRole = (role: Role): (Compared & { role: Role }) | undefined =>
    measured.find((arm) => arm.role === role);
  const method = withRole('method');
  const baseline = withRole('baseline');
  return method && baseline ? [method, baseline] : measured.slice(0, 1);
}

function placeAmong(recorded: readonly number[], value: number): string {
  const [low, high] = extent(recorded) as [number, number];
  if (value > high) return 'This run lies above every recorded seed.';
  if (value < low) return 'This run lies below every recorded seed.';
  return 'This run lies within the range of the recorded seeds.';
}
