import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineExperiment } from './defineExperiment.js';
import type { Claim, Condition, Experiment } from './experiment.js';
import { climbing, example } from './testing/example.js';

const claiming = (condition: Partial<Condition>): Partial<Experiment<number>> => ({
  claims: [
    {
      statement: '',
      conditions: [{ metric: 'score', arm: 'method', over: 'mean', ...condition } as Condition],
    },
  ],
});

describe('defineExperiment', () => {
  it('returns the experiment as it is', () => {
    const experiment = example();
    expect(defineExperiment(experiment)).toBe(experiment);
  });

  it('gives an experiment of any data that fits a list of experiments', () => {
    expectTypeOf(defineExperiment<{ rows: number[] }>).returns.toExtend<Experiment>();
  });

  it.each<[string, Partial<Experiment<number>>, string]>([
    ['two seeds', { seeds: [1, 2] }, 'seeds: got [1, 2], expected at least three'],
    ['repeated seeds', { seeds: [1, 2, 1] }, 'seeds: got "1" twice'],
    ['fractional seeds', { seeds: [1, 2, 2.5] }, 'seeds: got 2.5, expected whole numbers'],
    ['no baseline', { arms: [climbing('method', 'method', 1)] }, 'arms: got no baseline'],
    ['no method', { arms: [climbing('baseline', 'baseline', 1)] }, 'arms: got no method'],
    [
      'arms of one name',
      { arms: [climbing('a', 'baseline', 1), climbing('a', 'method', 1)] },
      'arms: got "a" twice',
    ],
    ['metrics of one name', { metrics: [...example().metrics, ...example().metrics] }, 'got "score" twice'],
    ['no metrics', { metrics: [] }, 'metrics: got none'],
    ['an unknown curve', { curves: ['scre'] }, 'curves: got "scre", expected one such as score'],
    [
      'a condition on an unknown arm',
      claiming({ arm: 'methd', atLeast: 1 }),
      'claims[0].conditions[0].arm: got "methd", expected one such as method',
    ],
    ['a difference to an unknown arm', claiming({ minus: 'base', atLeast: 1 }), 'minus: got "base"'],
    ['a condition on an unknown metric', claiming({ metric: 'loss', atLeast: 1 }), 'metric: got "loss"'],
    ['a condition without a threshold', claiming({}), 'claims[0].conditions[0]: got no threshold'],
    ['a condition with two thresholds', claiming({ atLeast: 0, atMost: 1 }), 'got both'],
    ['a threshold that is not finite', claiming({ atMost: Number.NaN }), 'got threshold NaN'],
    [
      'a claim of no conditions',
      { claims: [{ statement: '', conditions: [] } as unknown as Claim] },
      'got none',
    ],
    ['nothing that is tested', { claims: [{ statement: '', notTested: 'too long' }] }, 'claims: got none'],
    ['no time', { liveSeconds: 0 }, 'liveSeconds: got 0, expected a positive number'],
  ])('refuses %s', (_, changes, message) => {
    const define = () => defineExperiment(example(changes));
    expect(define).toThrow(message);
    expect(define).toThrow(/^defineExperiment: example: [^\n]*$/);
  });
});
