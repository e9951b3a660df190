import { expect, it } from 'vitest';
import { buildResults } from './buildResults.js';
import { mainComparison } from './comparison.js';
import type { Condition, Experiment } from './experiment.js';
import type { Run } from './results.js';
import { example } from './testing/example.js';

const runs = Object.entries({ baseline: [0.1, 0.2, 0.4], method: [0.8, 1, 1.2] }).flatMap(([arm, values]) =>
  values.map((score, seed): Run => ({ arm, seed, metrics: { score }, seconds: 1, curve: [] })),
);

const resultsOf = (claims: Experiment['claims']) =>
  buildResults(example({ claims }), runs, {
    machine: { processor: '', cores: 1, system: '' },
    versions: {},
    finishedAt: '2026-01-31T12:00:00.000Z',
  });

const reached: Condition = { metric: 'score', arm: 'method', over: 'mean', atLeast: 0.5 };
const turned: Condition = { ...reached, arm: 'baseline', minus: 'method', atLeast: 0 };

it('compares the arms of the first condition of the first tested claim that compares two, seed by seed', () => {
  const comparison = mainComparison(
    resultsOf([
      { statement: 'Faster.', notTested: 'No clock.' },
      { statement: 'Worse.', conditions: [reached, turned] },
      { statement: 'Better.', conditions: [reached] },
    ]),
  );
  expect(comparison).toMatchObject({
    statement: 'Worse.',
    verdict: 'does not show',
    metric: { name: 'score' },
    baseline: { label: 'METHOD', summary: { mean: 1, interval: { low: 0.8, high: 1.2 } } },
    method: { label: 'BASELINE' },
  });
  expect(comparison?.differences.map((each) => each.toFixed(3))).toEqual(['-0.700', '-0.800', '-0.800']);
  expect(comparison?.difference.interval.low).toBeCloseTo(-0.8, 12);
});

it('compares a method with a baseline where any tested claim does', () => {
  const comparison = mainComparison(
    resultsOf([
      { statement: 'High.', conditions: [reached] },
      { statement: 'Worse.', conditions: [turned] },
      { statement: 'Better.', conditions: [reached, { ...reached, minus: 'baseline' }] },
    ]),
  );
  expect(comparison).toMatchObject({
    statement: 'Better.',
    baseline: { label: 'BASELINE' },
    method: { label: 'METHOD' },
  });
});

it('compares the first method with the first baseline where the claim compares nothing', () => {
  const comparison = mainComparison(resultsOf([{ statement: 'High.', conditions: [reached] }]));
  expect(comparison).toMatchObject({
    statement: 'High.',
    verdict: 'shows',
    baseline: { label: 'BASELINE' },
    method: { label: 'METHOD' },
  });
});

it('compares nothing where the arms have no seed in common, or nothing was tested', () => {
  const results = resultsOf([{ statement: 'High.', conditions: [reached] }]);
  const [baseline, method] = results.arms;
  expect(mainComparison({ ...results, arms: [method!] })).toBeUndefined();
  expect(mainComparison({ ...results, arms: [{ ...baseline!, runs: [] }, method!] })).toBeUndefined();
  expect(mainComparison({ ...results, claims: [] })).toBeUndefined();
});

it('pairs only the seeds that both arms have', () => {
  const results = resultsOf([{ statement: 'High.', conditions: [reached] }]);
  const [baseline, method] = results.arms;
  const arms = [{ ...baseline!, runs: baseline!.runs.slice(1) }, method!];
  expect(mainComparison({ ...results, arms })?.differences).toHaveLength(2);
});
