import { longestCurve } from './curve.js';
import { exhibitsCheck } from './exhibit.js';
import type { Condition, Metric, Role } from './experiment.js';
import { paperVerdict } from './judge.js';
import type {
  ClaimVerdict,
  CurvePoint,
  Interval,
  JudgedClaim,
  JudgedCondition,
  Machine,
  PaperVerdict,
  Results,
  Run,
  Summary,
} from './results.js';
import * as check from './validate.js';

/** Characters; far above what an experiment writes. */
const longestText = 2 ** 25;

/**
 * Reads a results file, which may come from anywhere; fields that it should not have are left out.
 * @throws TypeError naming the first field that is wrong, what it holds and what was expected.
 */
export function parseResults(text: string): Results {
  const where = 'parseResults';
  const results = resultsCheck(parseJson(text, where), where);
  checkNames(results, where);
  const verdict = paperVerdict(results.claims);
  if (results.verdict !== verdict)
    check.refuse(`${where}.verdict`, results.verdict, `${verdict}, as the claims say`);
  return results;
}

/**
 * Reads a list of runs, such as those of an experiment under way.
 * @throws TypeError naming the first field that is wrong, what it holds and what was expected.
 */
export function parseRuns(text: string): Run[] {
  return check.list(runCheck)(parseJson(text, 'parseRuns'), 'parseRuns');
}

function parseJson(text: string, where: string): unknown {
  if (text.length > longestText) {
    throw new TypeError(`${where}: text: got ${text.length} characters, expected at most ${longestText}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TypeError(`${where}: text: got ${(error as Error).message}, expected JSON`);
  }
}

const metricsCheck = check.record(check.finite);

const intervalFields = check.shape<Interval>({ low: check.finite, high: check.finite });

const intervalCheck: check.Check<Interval> = (value, where) => {
  const interval = intervalFields(value, where);
  return interval.low <= interval.high ? interval : check.refuse(where, value, 'low not above high');
};

const summaryCheck = check.shape<Summary>({ mean: check.finite, std: check.amount, interval: intervalCheck });

const runCheck = check.shape<Run>({
  arm: check.text,
  seed: check.whole,
  metrics: metricsCheck,
  seconds: check.amount,
  curve: check.list(check.shape<CurvePoint>({ step: check.whole, metrics: metricsCheck }), {
    most: longestCurve,
  }),
  exhibits: check.optional(exhibitsCheck),
});

const conditionCheck = check.shape<Condition>({
  metric: check.text,
  arm: check.text,
  minus: check.optional(check.text),
  over: check.oneOf('mean', 'every-seed'),
  atLeast: check.optional(check.finite),
  atMost: check.optional(check.finite),
});

const claimCheck = check.shape<JudgedClaim>({
  statement: check.text,
  verdict: check.oneOf<ClaimVerdict>('shows', 'does not show', 'not tested here'),
  conditions: check.list(
    check.shape<JudgedCondition>({
      condition: conditionCheck,
      text: check.text,
      value: check.finite,
      values: check.list(check.finite, { least: 1 }),
      interval: intervalCheck,
      holds: check.truth,
    }),
  ),
  reason: check.optional(check.text),
});

const armCheck = check.shape<Results['arms'][number]>({
  name: check.text,
  label: check.text,
  role: check.oneOf<Role>('baseline', 'method', 'ablation'),
  description: check.text,
  metrics: check.record(summaryCheck),
  seconds: summaryCheck,
  runs: check.list(runCheck),
});

const metricCheck = check.shape<Metric>({
  name: check.text,
  label: check.text,
  unit: check.oneOf('fraction', 'number', 'seconds', 'bytes'),
  better: check.oneOf('higher', 'lower', 'neither'),
  aside: check.optional(check.truth),
});

const momentCheck: check.Check<string> = (value, place) => {
  const moment = check.text(value, place);
  const isMoment = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(moment) && !Number.isNaN(Date.parse(moment));
  return isMoment ? moment : check.refuse(place, value, 'a moment in UTC such as 2026-01-31T12:00:00.000Z');
};

const resultsCheck = check.shape<Results>({
  format: check.oneOf(2),
  paper: check.text,
  question: check.text,
  data: check.text,
  verdict: check.oneOf<PaperVerdict>('reproduced', 'partly', 'not reproduced'),
  claims: check.list(claimCheck),
  arms: check.list(armCheck),
  seeds: check.list(check.whole),
  metrics: check.list(metricCheck),
  curves: check.list(check.text),
  seconds: check.amount,
  finishedAt: momentCheck,
  machine: check.shape<Machine>({ processor: check.text, cores: check.whole, system: check.text }),
  versions: check.record(check.text),
});

/** Whoever draws a file looks arms and metrics up by name, so every name must lead somewhere. */
function checkNames({ arms, metrics, seeds, curves, claims }: Results, where: string): void {
  const known = { arm: arms.map((arm) => arm.name), metric: metrics.map((metric) => metric.name) };
  const expect = (kind: keyof typeof known, name: string, place: string): void => {
    if (!known[kind].includes(name))
      check.refuse(`${where}.${place}`, name, `the name of a recorded ${kind}`);
  };
  curves.forEach((curve, i) => {
    expect('metric', curve, `curves[${i}]`);
  });
  claims.forEach(({ conditions }, i) => {
    conditions.forEach(({ condition, values }, j) => {
      const place = `claims[${i}].conditions[${j}]`;
      expect('metric', condition.metric, `${place}.condition.metric`);
      expect('arm', condition.arm, `${place}.condition.arm`);
      if (condition.minus !== undefined) expect('arm', condition.minus, `${place}.condition.minus`);
      if (values.length !== seeds.length)
        check.refuse(`${where}.${place}.values`, values, `${seeds.length} numbers, one for each seed`);
    });
  });
  arms.forEach((arm, i) => {
    for (const name of Object.keys(arm.metrics)) expect('metric', name, `arms[${i}].metrics`);
    arm.runs.forEach((run, j) => {
      const place = `${where}.arms[${i}].runs[${j}]`;
      if (run.arm !== arm.name) check.refuse(`${place}.arm`, run.arm, arm.name);
      if (!seeds.includes(run.seed)) check.refuse(`${place}.seed`, run.seed, `one of ${seeds.join(', ')}`);
    });
  });
}
