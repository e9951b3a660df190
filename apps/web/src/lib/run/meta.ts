import type { Arm, Experiment, Metric } from '@evenkeel/lab';

/** The part of an experiment that a page can carry: everything but its data and its code. */
export interface ExperimentMeta {
  readonly question: string;
  /** What it is trained on, in words. */
  readonly data: string;
  readonly arms: readonly ArmMeta[];
  readonly metrics: readonly Metric[];
  /** The statements of its claims. */
  readonly claims: readonly string[];
  /** Metrics drawn while it runs, most important first. */
  readonly curves: readonly string[];
  /** Rough seconds for the `live` arms in one tab. */
  readonly liveSeconds: number;
  readonly seeds: readonly number[];
}

export type ArmMeta = Pick<Arm, 'name' | 'label' | 'role' | 'description' | 'live'>;

/** What the server's load hands to the Run panel. */
export function experimentMeta(experiment: Experiment): ExperimentMeta {
  const { question, metrics, curves, liveSeconds, seeds } = experiment;
  return {
    question,
    data: experiment.data.description,
    arms: experiment.arms.map(({ name, label, role, description, live }) => ({
      name,
      label,
      role,
      description,
      live,
    })),
    metrics,
    claims: experiment.claims.map((claim) => claim.statement),
    curves,
    liveSeconds,
    seeds,
  };
}

/** What is compared first: the most important curve that is also a metric, or the first metric. */
export function headlineMetric(about: Pick<ExperimentMeta, 'metrics' | 'curves'>): Metric | undefined {
  const [first] = about.metrics;
  return (
    about.curves.map((name) => about.metrics.find((metric) => metric.name === name)).find(Boolean) ?? first
  );
}
