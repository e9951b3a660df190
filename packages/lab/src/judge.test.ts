import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Experiment } from './experiment.js';
import { judge, paperVerdict } from './judge.js';
import type { ClaimVerdict, Run } from './results.js';
import { example } from './testing/example.js';

/** Runs of the example with these scores, one for each seed. */
const runsOf = (scores: Record<'baseline' | 'method', readonly number[]>): Run[] =>
  Object.entries(scores).flatMap(([arm, values]) =>
    values.map((score, seed) => ({ arm, seed, metrics: { score }, seconds: 1, curve: [] })),
  );

const claiming = (condition: Condition, unit: Experiment['metrics'][number]['unit'] = 'fraction') =>
  example({
    claims: [{ statement: '', conditions: [condition] }],
    metrics: [{ name: 'score', label: 'score', unit, better: 'higher' }],
  });

const runs = runsOf({ baseline: [0.2, 0.1, 0.3], method: [0.9, 0.8, 0.7] });

const judged = (condition: Condition, unit?: Experiment['metrics'][number]['unit']) =>
  judge(claiming(condition, unit), runs)[0]!.conditions[0]!;

describe('judge', () => {
  it('lets a claim show when all of its conditions hold, and says why one was not tested', () => {
    const good = runsOf({ baseline: [0.2, 0.2, 0.2], method: [0.9, 0.82, 0.9] });
    expect(judge(example(), good)).toMatchObject([
      { statement: 'The method climbs higher.', verdict: 'shows' },
      { verdict: 'not tested here', conditions: [], reason: 'Time is not looked at.' },
    ]);
    expect(judge(example(), runs)[0]).toMatchObject({
      verdict: 'does not show',
      conditions: [{ holds: false }, { holds: false }],
    });
  });

  it('takes the mean, or the worst seed where every seed is asked for', () => {
    expect(judged({ metric: 'score', arm: 'method', over: 'mean', atLeast: 0.8 }).value).toBeCloseTo(0.8, 12);
    expect(judged({ metric: 'score', arm: 'method', over: 'every-seed', atLeast: 0.8 })).toMatchObject({
      value: 0.7,
      holds: false,
    });
    expect(judged({ metric: 'score', arm: 'method', over: 'every-seed', atMost: 0.9 })).toMatchObject({
      value: 0.9,
      holds: true,
    });
  });

  it('lets a mean hold only when its whole interval is on the right side', () => {
    const over = 'mean';
    const holds = (values: readonly number[], condition: Pick<Condition, 'atLeast' | 'atMost'>) =>
      judge(
        claiming({ metric: 'score', arm: 'method', over, ...condition }),
        runsOf({ baseline: [0, 0, 0], method: values }),
      )[0]!.conditions[0]!;
    expect(holds([0.75, 1, 1.25], { atLeast: 0.7 })).toEqual({
      condition: { metric: 'score', arm: 'method', over: 'mean', atLeast: 0.7 },
      text: 'mean score of METHOD ≥ 70 %',
      value: 1,
      values: [0.75, 1, 1.25],
      interval: { low: 0.75, high: 1.25 },
      holds: true,
    });
    expect(holds([0.75, 1, 1.25], { atLeast: 0.75 }).holds).toBe(false);
    expect(holds([0.75, 1, 1.25], { atLeast: 0.8 }).holds).toBe(false);
    expect(holds([0.75, 1, 1.25], { atMost: 1.3 }).holds).toBe(true);
    expect(holds([0.75, 1, 1.25], { atMost: 1.25 }).holds).toBe(false);
    expect(holds([1, 1, 1], { atLeast: 1 }).holds).toBe(true);
    expect(holds([1, 1, 1], { atMost: 1 }).holds).toBe(true);
  });

  it('keeps the interval of the mean beside the worst seed, without judging by it', () => {
    expect(judged({ metric: 'score', arm: 'method', over: 'every-seed', atLeast: 0.7 })).toMatchObject({
      value: 0.7,
      values: [0.9, 0.8, 0.7],
      interval: { low: 0.7, high: 0.9 },
      holds: true,
    });
  });

  it('subtracts seed by seed', () => {
    const difference = judged({
      metric: 'score',
      arm: 'method',
      minus: 'baseline',
      over: 'every-seed',
      atLeast: 0.5,
    });
    expect(difference.value).toBeCloseTo(0.4, 12);
    expect(difference.holds).toBe(false);
  });

  it.each<[Condition, Experiment['metrics'][number]['unit'], string]>([
    [
      { metric: 'score', arm: 'method', over: 'mean', atLeast: 0.9 },
      'fraction',
      'mean score of METHOD ≥ 90 %',
    ],
    [
      { metric: 'score', arm: 'method', minus: 'baseline', over: 'every-seed', atLeast: 0.07 },
      'fraction',
      'score of METHOD minus BASELINE ≥ 7 points in every seed',
    ],
    [
      { metric: 'score', arm: 'method', minus: 'baseline', over: 'mean', atMost: -0.125 },
      'fraction',
      'mean score of METHOD minus BASELINE ≤ −12.5 points',
    ],
    [
      { metric: 'score', arm: 'method', over: 'mean', atMost: 0.5 },
      'seconds',
      'mean score of METHOD ≤ 500 ms',
    ],
  ])('puts the condition %o of a %s in words', (condition, unit, words) => {
    expect(judged(condition, unit).text).toBe(words);
  });

  it('does not depend on the order of the runs', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    const shuffled = fc.record({ baseline: scores, method: scores }).chain((each) => {
      const inOrder = runsOf(each);
      const shuffle = fc.shuffledSubarray(inOrder, { minLength: inOrder.length });
      return fc.tuple(fc.constant(inOrder), shuffle);
    });
    fc.assert(
      fc.property(shuffled, ([inOrder, anyOrder]) => {
        expect(judge(example(), anyOrder)).toEqual(judge(example(), inOrder));
      }),
    );
  });

  it('refuses runs that are missing, there twice or without the metric', () => {
    expect(() => judge(example(), runs.slice(1))).toThrow('no run of arm baseline with seed 0');
    expect(() => judge(example(), [...runs, runs[0]!])).toThrow('2 runs of arm baseline with seed 0');
    const bare = runs.map((run) => ({ ...run, metrics: {} }));
    expect(() => judge(example(), bare)).toThrow('arm method, seed 0: got no score');
  });
});

describe('paperVerdict', () => {
  it.each<[ClaimVerdict[], string]>([
    [['shows', 'not tested here'], 'reproduced'],
    [['shows', 'does not show'], 'partly'],
    [['does not show', 'not tested here'], 'not reproduced'],
    [['not tested here'], 'not reproduced'],
  ])('of claims that %s is %s', (verdicts, verdict) => {
    expect(paperVerdict(verdicts.map((each) => ({ verdict: each })))).toBe(verdict);
  });
});
