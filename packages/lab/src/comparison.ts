import type { Metric } from './experiment.js';
import type { ClaimVerdict, Results, Summary } from './results.js';
import { pairedDifference, summarize } from './summarize.js';

/** Method and baseline side by side, in the words and the metric of one claim. */
export interface Comparison {
  readonly statement: string;
  readonly verdict: ClaimVerdict;
  readonly metric: Metric;
  readonly baseline: { readonly label: string; readonly summary: Summary };
  readonly method: { readonly label: string; readonly summary: Summary };
  /** Method minus baseline: one for each seed that both ran with, and their summary. */
  readonly differences: readonly number[];
  readonly difference: Summary;
}

/**
 * What the first tested claim compares that subtracts a baseline from a method. Where none does: what the first tested
 * claim compares, that is the arms of its first condition that subtracts one from another, else the first method and the
 * first baseline in the metric of its first condition. Undefined where nothing was tested or the two have no seed in
 * common.
 */
export function mainComparison({ claims, metrics, arms }: Results): Comparison | undefined {
  const tested = claims.filter(({ verdict }) => verdict !== 'not tested here');
  const compared = tested.flatMap((claim) => claim.conditions.map(({ condition }) => ({ claim, condition })));
  const ofFirst = compared.filter(({ claim }) => claim === tested[0]);
  const isA = (role: RecordedArm['role'], arm: string | undefined) =>
    arms.some((one) => one.name === arm && one.role === role);
  const { claim, condition } =
    compared.find(({ condition: { arm, minus } }) => isA('method', arm) && isA('baseline', minus)) ??
    ofFirst.find(({ condition: { minus } }) => minus !== undefined) ??
    ofFirst[0] ??
    {};
  const metric = metrics.find(({ name }) => name === condition?.metric);
  if (!claim || !condition || !metric) return undefined;
  const { minus } = condition;
  const method = arms.find(({ name, role }) =>
    minus === undefined ? role === 'method' : name === condition.arm,
  );
  const baseline = arms.find(({ name, role }) =>
    minus === undefined ? role === 'baseline' : name === minus,
  );
  const pairs = method && baseline ? pairsOf(method, baseline, metric.name) : [];
  if (!method || !baseline || pairs.length === 0) return undefined;
  const [ofMethod, ofBaseline] = [pairs.map((pair) => pair.method), pairs.map((pair) => pair.baseline)];
  return {
    statement: claim.statement,
    verdict: claim.verdict,
    metric,
    baseline: { label: baseline.label, summary: summarize(ofBaseline) },
    method: { label: method.label, summary: summarize(ofMethod) },
    differences: pairs.map((pair) => pair.method - pair.baseline),
    difference: pairedDifference(ofMethod, ofBaseline),
  };
}

type RecordedArm = Results['arms'][number];

/** The values of two arms by seed, where both have one. */
function pairsOf(
  method: RecordedArm,
  baseline: RecordedArm,
  metric: string,
): { method: number; baseline: number }[] {
  return method.runs.flatMap((run) => {
    const other = baseline.runs.find(({ seed }) => seed === run.seed);
    const pair = { method: run.metrics[metric], baseline: other?.metrics[metric] };
    return pair.method === undefined || pair.baseline === undefined
      ? []
      : [{ method: pair.method, baseline: pair.baseline }];
  });
}
