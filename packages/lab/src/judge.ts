import type { Claim, Condition, Experiment } from './experiment.js';
import { findValue } from './findRun.js';
import { formatMetric } from './format.js';
import type { Interval, JudgedClaim, JudgedCondition, PaperVerdict, Run } from './results.js';
import { summarize } from './summarize.js';

/**
 * Judges every claim of an experiment by its runs with all of its seeds, in whatever order they stand. A mean holds a
 * condition only with its whole 95 % interval: one that includes the threshold, or touches it, does not show.
 * @throws RangeError when a run that a claim needs, or its metric, is missing or there twice.
 */
export function judge(experiment: Experiment, runs: readonly Run[]): JudgedClaim[] {
  return experiment.claims.map((claim) => judgeClaim(experiment, runs, claim));
}

/** What the claims say about the paper together. Claims that are not tested here do not count. */
export function paperVerdict(claims: readonly Pick<JudgedClaim, 'verdict'>[]): PaperVerdict {
  const tested = claims.filter((claim) => claim.verdict !== 'not tested here');
  const shown = tested.filter((claim) => claim.verdict === 'shows');
  if (shown.length === 0) return 'not reproduced';
  return shown.length === tested.length ? 'reproduced' : 'partly';
}

function judgeClaim(experiment: Experiment, runs: readonly Run[], claim: Claim): JudgedClaim {
  const { statement } = claim;
  if ('notTested' in claim) {
    return { statement, verdict: 'not tested here', conditions: [], reason: claim.notTested };
  }
  const conditions = claim.conditions.map((condition) => judgeCondition(experiment, runs, condition));
  const holds = conditions.every((condition) => condition.holds);
  return { statement, verdict: holds ? 'shows' : 'does not show', conditions };
}

function judgeCondition(experiment: Experiment, runs: readonly Run[], condition: Condition): JudgedCondition {
  const { metric, arm, minus, over, atLeast, atMost } = condition;
  const values = experiment.seeds.map((seed) => {
    const value = findValue(runs, arm, seed, metric);
    return minus === undefined ? value : value - findValue(runs, minus, seed, metric);
  });
  const worst = atLeast === undefined ? Math.max(...values) : Math.min(...values);
  const { mean, interval } = summarize(values);
  const value = over === 'mean' ? mean : worst;
  const judged = over === 'mean' ? interval : { low: worst, high: worst };
  const holds = atLeast === undefined ? isAtMost(judged, atMost!) : isAtLeast(judged, atLeast);
  return { condition, text: inWords(experiment, condition), value, values, interval, holds };
}

/** A single point may touch the threshold; an interval that touches it includes it. */
function isAtLeast({ low, high }: Interval, threshold: number): boolean {
  return low === high ? low >= threshold : low > threshold;
}

const isAtMost = ({ low, high }: Interval, threshold: number): boolean =>
  isAtLeast({ low: -high, high: -low }, -threshold);

function inWords(experiment: Experiment, { metric, arm, minus, over, atLeast, atMost }: Condition): string {
  const labelOf = (name: string) => experiment.arms.find((each) => each.name === name)!.label;
  const { label, unit } = experiment.metrics.find((each) => each.name === metric)!;
  const arms = minus === undefined ? labelOf(arm) : `${labelOf(arm)} minus ${labelOf(minus)}`;
  const sign = atLeast === undefined ? '≤' : '≥';
  const threshold = atLeast ?? atMost!;
  const percent = `${Number((100 * threshold).toPrecision(12))}`.replace('-', '−');
  const fraction = minus === undefined ? `${percent} %` : `${percent} points`;
  const bound = unit === 'fraction' ? fraction : formatMetric(threshold, { unit });
  const comparison = `${label} of ${arms} ${sign} ${bound}`;
  return over === 'mean' ? `mean ${comparison}` : `${comparison} in every seed`;
}
