import {
  type Experiment,
  formatMeasured,
  formatMetric,
  type JudgedClaim,
  type JudgedCondition,
  type Metric,
  type Results,
  type Run,
  shownMetrics,
} from '@evenkeel/lab';
import { verdictMarks } from './recorded.js';
import { table } from './table.js';

const seconds = { unit: 'seconds' } as const;

/** A table of runs with one seed: a column for each arm, a row for each metric and the time. */
export function runTable(experiment: Experiment, runs: readonly Run[], width: number): string[] {
  const labels = runs.map((run) => experiment.arms.find((arm) => arm.name === run.arm)!.label);
  const rows = shownMetrics(experiment.metrics).map((metric) => [
    metric.label,
    ...runs.map((run) => formatMetric(run.metrics[metric.name]!, metric)),
  ]);
  const times = runs.map((run) => formatMetric(run.seconds, seconds));
  return table([['', ...labels], ...rows, ['time', ...times]], width);
}

/** A table of recorded results: mean ± standard deviation over the seeds for each arm and metric. */
export function resultsTable({ arms, metrics }: Results, width: number): string[] {
  const spread = ({ mean, std }: { mean: number; std: number }, metric: Pick<Metric, 'unit'>) =>
    `${formatMetric(mean, metric)} ± ${formatMetric(std, metric)}`;
  const rows = shownMetrics(metrics).map((metric) => [
    metric.label,
    ...arms.map((arm) => spread(arm.metrics[metric.name]!, metric)),
  ]);
  const times = arms.map((arm) => spread(arm.seconds, seconds));
  return table([['', ...arms.map((arm) => arm.label)], ...rows, ['time', ...times]], width);
}

const claimMarks: Record<JudgedClaim['verdict'], string> = {
  shows: '●',
  'does not show': '○',
  'not tested here': '–',
};

/** Every claim with its verdict, what was measured for it and how sure that is. */
export function claimLines({ claims, metrics }: Pick<Results, 'claims' | 'metrics'>): string[] {
  return claims.flatMap(({ statement, verdict, conditions, reason }) => [
    `${claimMarks[verdict]} ${verdict}: ${statement}`,
    ...(reason === undefined ? [] : [`    ${reason}`]),
    ...conditions.map((condition) => `    ${conditionLine(condition, metrics)}`),
  ]);
}

function conditionLine(judged: JudgedCondition, metrics: readonly Metric[]): string {
  const metric = metrics.find((each) => each.name === judged.condition.metric)!;
  return `${judged.holds ? '✓' : '✗'} ${judged.text}: ${formatMeasured(judged, metric)}`;
}

/** The verdict of a paper and how many of its claims it rests on. */
export function verdictLine({
  verdict,
  claims,
  seeds,
}: Pick<Results, 'verdict' | 'claims' | 'seeds'>): string {
  const tested = claims.filter((claim) => claim.verdict !== 'not tested here');
  const shown = tested.filter((claim) => claim.verdict === 'shows');
  return `${verdictMarks[verdict]}: ${shown.length} of ${tested.length} tested claims show, with ${seeds.length} seeds`;
}
